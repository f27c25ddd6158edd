/** What a page's analyzer (create-analyzer.ts) and its worker (analyzer-worker.ts) say to each other. Requests and answers carry one id. */
import type { Analysis } from '../analyze/analyzer.js';
import type { FaceReading } from '../analyze/face-reader.js';
import type { AnalyzeOptions, AnalyzerDefaults, FindOptions } from '../analyze/options.js';
import type { StreamOptions } from '../analyze/people.js';
import type { StreamedFrame } from '../analyze/stream.js';
import type { NetworkName } from '../attributes/index.js';
import type { FaceRegion } from '../classify/crop.js';
import type { CallFailure } from '../core/calls.js';
import type { Model, ModelCard } from '../core/card.js';
import type { Device } from '../core/engine.js';
import type { Image } from '../core/image.js';
import type { Detection } from '../detect/detector.js';
import type { PhotoResult } from '../results/result.js';
import type { SentImage } from './image-source.js';

type Limits = Omit<AnalyzeOptions, 'signal'>;

/** What an analyzer is opened with; models by name, by the address of their card, or whole. */
export interface OpenRequest {
  readonly base: string | undefined;
  readonly detector: string | Model;
  /** By what they read; null: left out. */
  readonly networks: Readonly<Record<NetworkName, string | Model | null>>;
  /** Classifiers of the user's own. */
  readonly own: readonly (string | Model)[];
  readonly device: Device | 'auto';
  readonly threads: number | undefined;
  readonly defaults: Limits;
}

export type WorkerRequest =
  | ({ readonly kind: 'open' } & OpenRequest)
  | { readonly kind: 'analyze'; readonly bitmap: SentImage; readonly options: Limits }
  | { readonly kind: 'detect'; readonly bitmap: SentImage; readonly options: Omit<FindOptions, 'signal'> }
  | { readonly kind: 'classify'; readonly bitmap: SentImage; readonly faces: readonly FaceRegion[] }
  | {
      readonly kind: 'stream';
      readonly stream: number;
      readonly options: Omit<StreamOptions, 'signal'>;
      readonly pixels: boolean;
    }
  /** `spare`: memory of pixels that the page is done with. */
  | { readonly kind: 'step'; readonly stream: number; readonly spare: ArrayBuffer | undefined }
  | { readonly kind: 'close'; readonly stream: number }
  | { readonly kind: 'dispose' };

/** What runs the networks. */
export interface EngineFacts {
  /** `cpu` is WebAssembly here. */
  readonly device: Device;
  /** Threads that find and read faces. */
  readonly threads: number;
}

/** A frame's outcome without the frame, which the page has; with its pixels where the stream was asked for them. */
export type StreamStep = Omit<StreamedFrame, 'frame'> & { readonly image?: Image | undefined };

/** The answer to each kind of request, where it succeeds. */
export interface WorkerAnswers {
  readonly open: {
    readonly models: PhotoResult['models'];
    readonly defaults: AnalyzerDefaults;
    /** The cards of the user's own classifiers, from which both sides make their attributes. */
    readonly own: readonly ModelCard[];
    readonly engine: EngineFacts;
  };
  readonly analyze: Analysis;
  readonly detect: readonly Detection[];
  readonly classify: readonly FaceReading[];
  readonly stream: undefined;
  /** Undefined at the end of the stream. */
  readonly step: StreamStep | undefined;
  readonly close: undefined;
  readonly dispose: undefined;
}

/** A frame on its way to a stream in the worker. */
export interface SentFrame {
  readonly bitmap: SentImage;
  readonly timestamp: number;
  readonly duration: number;
}

export type ToWorker =
  | { readonly id: number; readonly request: WorkerRequest }
  | { readonly abort: number }
  /** The answer to `wanted`; without a frame the source has ended. */
  | { readonly supply: number; readonly frame: SentFrame | undefined };

export type FromWorker =
  | { readonly id: number; readonly answer: WorkerAnswers[keyof WorkerAnswers] }
  | ({ readonly id: number } & CallFailure)
  /** This stream wants its next frame. */
  | { readonly wanted: number };
