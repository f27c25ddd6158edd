/** Made by scripts/make-declarations.ts. */
import type * as esm from '../dist/node/train.js' with { 'resolution-mode': 'import' };

export type * from '../dist/node/train.js' with { 'resolution-mode': 'import' };
export declare const NETWORKS: typeof esm.NETWORKS;
export declare const adam: typeof esm.adam;
export declare const adamW: typeof esm.adamW;
export declare const compare: typeof esm.compare;
export declare const compareDetectors: typeof esm.compareDetectors;
export declare const constant: typeof esm.constant;
export declare const cosine: typeof esm.cosine;
export declare const evaluate: typeof esm.evaluate;
export declare const importModel: typeof esm.importModel;
export declare const networkNamed: typeof esm.networkNamed;
export declare const oneCycle: typeof esm.oneCycle;
export declare const recipeFor: typeof esm.recipeFor;
export declare const reduceOnPlateau: typeof esm.reduceOnPlateau;
export declare const sgd: typeof esm.sgd;
export declare const train: typeof esm.train;
export declare const writeComparison: typeof esm.writeComparison;
export declare const writeDetectorComparison: typeof esm.writeDetectorComparison;
