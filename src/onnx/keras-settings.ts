/**
 * The settings of one Keras layer as its file gives them: typed, checked reading of untrusted JSON, with the names of Keras 1
 * brought to those of Keras 2 and 3. Knows nothing of what layers compute (keras-layers.ts).
 */
import { PhizError } from '../core/error.js';

/** Keras 1's names of today's settings. A setting of two numbers was two settings there. */
const FORMER: Readonly<Record<string, readonly string[]>> = {
  filters: ['nb_filter'],
  kernel_size: ['nb_row', 'nb_col'],
  strides: ['subsample'],
  padding: ['border_mode'],
  data_format: ['dim_ordering'],
  use_bias: ['bias'],
  units: ['output_dim'],
};

/** Largest number that any size of a layer may have: beyond it a file is damaged or means harm. */
const MOST = 1 << 20;

export class LayerSettings {
  readonly layer: string;
  readonly kind: string;
  readonly #config: Readonly<Record<string, unknown>>;

  constructor(layer: string, kind: string, config: unknown) {
    this.layer = layer;
    this.kind = kind;
    if (typeof config !== 'object' || config === null || Array.isArray(config)) throw this.damaged('config', config);
    this.#config = config as Record<string, unknown>;
  }

  /** The setting of a name, or of its former one; undefined where the file has neither, or null. */
  value(name: string): unknown {
    if (Object.hasOwn(this.#config, name)) return this.#config[name] ?? undefined;
    const former = FORMER[name];
    if (!former?.every((old) => Object.hasOwn(this.#config, old))) return undefined;
    const values = former.map((old) => this.#config[old]);
    return (values.length === 1 ? values[0] : values) ?? undefined;
  }

  /** A whole number from 1. */
  count(name: string, standard?: number): number {
    const value = this.value(name) ?? standard;
    if (!whole(value, 1)) throw this.damaged(name, value);
    return value;
  }

  /** Two whole numbers from 1, height and width; one number stands for both. */
  pair(name: string, standard?: readonly [number, number]): readonly [number, number] {
    const value = this.value(name) ?? standard;
    const pair = Array.isArray(value) ? value : [value, value];
    if (pair.length !== 2 || !pair.every((v) => whole(v, 1))) throw this.damaged(name, value);
    return pair as [number, number];
  }

  /** Pixels at top, left, bottom and right: one number, a pair for both sides of each axis, or a pair for each axis. */
  margins(name: string): readonly [number, number, number, number] {
    const value = this.value(name) ?? 1;
    const axes = Array.isArray(value) ? value : [value, value];
    const sides = axes.map((axis) => (Array.isArray(axis) ? axis : [axis, axis]));
    if (sides.length !== 2 || !sides.every((axis) => axis.length === 2 && axis.every((v: unknown) => whole(v, 0))))
      throw this.damaged(name, value);
    const [rows, columns] = sides as [[number, number], [number, number]];
    return [rows[0], columns[0], rows[1], columns[1]];
  }

  number(name: string, standard?: number): number {
    const value = this.value(name) ?? standard;
    if (typeof value !== 'number' || !Number.isFinite(value)) throw this.damaged(name, value);
    return value;
  }

  flag(name: string, standard: boolean): boolean {
    const value = this.value(name) ?? standard;
    if (typeof value !== 'boolean') throw this.damaged(name, value);
    return value;
  }

  /** One of the given words. Any other is something Keras knows and phiz does not. */
  word<W extends string>(name: string, standard: W, words: readonly W[]): W {
    const value = this.value(name) ?? standard;
    if (words.includes(value as W)) return value as W;
    throw this.unsupported(`has ${name} ${shown(value)}; phiz reads ${words.join(' and ')}`);
  }

  /** The name of an activation function; Keras 3 wraps it. */
  activation(): string {
    const value = this.value('activation') ?? 'linear';
    const inner = typeof value === 'object' && 'config' in value ? value.config : value;
    if (typeof inner !== 'string') throw this.unsupported(`has the activation ${shown(value)}`);
    return inner;
  }

  damaged(name: string, value: unknown): PhizError {
    return new PhizError(
      'model-damaged',
      `layer '${this.layer}' (${this.kind}) has ${name} ${shown(value)}, which makes no sense there: the file is damaged`,
    );
  }

  unsupported(what: string): PhizError {
    return new PhizError('unsupported-network', `layer '${this.layer}' (${this.kind}) ${what}`);
  }
}

function whole(value: unknown, least: number): value is number {
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= MOST;
}

/** A value of the file in a message: short, on one line. */
function shown(value: unknown): string {
  return (JSON.stringify(value) ?? 'nothing').slice(0, 80);
}
