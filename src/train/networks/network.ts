/** What a network is: a name, what it is fed, and its layers. Nothing on how it is trained (src/train/recipes.ts). */

import type { NetworkName } from '../../attributes/index.js';
import { relu } from '../layers/activation.js';
import { type ConvOptions, conv } from '../layers/conv.js';
import { excite } from '../layers/excite.js';
import type { Layer } from '../layers/layer.js';
import { residual, sequence } from '../layers/layer.js';
import { type BatchNormOptions, batchNorm } from '../layers/normalise.js';

/** What a network is for: an attribute, faces (found, or looked at once more), or 'classes': any labelled images, emotions or the user's own. */
export type Task = NetworkName | 'classes' | 'detector' | 'refiner';

/** A network to be trained: what it reads, and how it is built. */
export interface Network {
  readonly name: string;
  readonly task: Task;
  readonly summary: string;
  readonly input: {
    readonly channels: 1 | 3;
    /** Height and width in pixels: what a classifier takes, and what a detector is trained on. */
    readonly size: number;
    /** Fed value = (sample − mean) · scale. */
    readonly mean: number;
    readonly scale: number;
  };
  /** How weights start. */
  readonly initialisation: 'he-normal' | 'glorot-uniform';
  /** Name of the graph's output. */
  readonly output: 'logits' | 'prediction';
  /** Layers for a number of classes (detectors: ignored). */
  readonly layers: (classes: number) => Layer;
}

/** Convolution, batch normalisation, rectifier. */
export function convBlock(filters: number, options: ConvOptions = {}, norm: BatchNormOptions = {}): Layer {
  return sequence(conv(filters, options), batchNorm(norm), relu());
}

/** What a residual block may have besides its two convolutions. */
export interface ResidualOptions {
  /** Gates on its channels (squeeze-and-excitation). Default none. */
  readonly gates?: boolean;
  /** Channels between its two convolutions. Default: as many as outside. */
  readonly inner?: number;
}

/**
 * Two 3×3 convolutions, and gates where wanted, beside an identity (He et al. 2016, arXiv:1512.03385). It begins as the identity, so a
 * trained network to which one is added goes on as it was.
 */
export function residualBlock(filters: number, { gates = false, inner = filters }: ResidualOptions = {}): Layer {
  const main = [conv(inner), batchNorm(), relu(), conv(filters), batchNorm({ scaleStart: 0 })];
  return sequence(residual(sequence(...main, ...(gates ? [excite()] : []))), relu());
}
