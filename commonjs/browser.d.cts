/** Made by scripts/make-declarations.ts. */
import type * as esm from '../dist/browser/index.js' with { 'resolution-mode': 'import' };

export type * from '../dist/browser/index.js' with { 'resolution-mode': 'import' };
export declare const AGE_RANGES: typeof esm.AGE_RANGES;
export declare const EMOTIONS: typeof esm.EMOTIONS;
export declare const PhizError: typeof esm.PhizError;
export type PhizError = esm.PhizError;
export declare const SCHEMA_VERSION: typeof esm.SCHEMA_VERSION;
export declare const VIDEO_SCHEMA_VERSION: typeof esm.VIDEO_SCHEMA_VERSION;
export declare const cardSchema: typeof esm.cardSchema;
export declare const createAnalyzer: typeof esm.createAnalyzer;
export declare const createSummary: typeof esm.createSummary;
export declare const facesCsvHeader: typeof esm.facesCsvHeader;
export declare const facesCsvRows: typeof esm.facesCsvRows;
export declare const frameResultSchema: typeof esm.frameResultSchema;
export declare const listCameras: typeof esm.listCameras;
export declare const openCamera: typeof esm.openCamera;
export declare const openClip: typeof esm.openClip;
export declare const parseCard: typeof esm.parseCard;
export declare const photoResult: typeof esm.photoResult;
export declare const photoResultSchema: typeof esm.photoResultSchema;
export declare const readImage: typeof esm.readImage;
export declare const readModel: typeof esm.readModel;
export declare const timelineCsvHeader: typeof esm.timelineCsvHeader;
export declare const timelineCsvRows: typeof esm.timelineCsvRows;
export declare const videoSummarySchema: typeof esm.videoSummarySchema;
