/** One layer of a .prototxt with its weights: typed reading of its settings, with the defaults of caffe.proto. */
import { PhizError } from '../core/error.js';
import { sizeOf, type Tensor } from '../core/tensor.js';
import type { Value } from './graph.js';
import type { TextMessage, TextValue } from './text-format.js';

export class CaffeLayer {
  readonly name: string;
  readonly type: string;
  readonly tops: readonly string[];
  readonly #message: TextMessage;
  readonly #blobs: readonly Tensor[];
  readonly #where: string;

  constructor(message: TextMessage, weights: ReadonlyMap<string, readonly Tensor[]>, where: string) {
    this.#message = message;
    this.#where = where;
    this.name = String(message.get('name')?.[0] ?? '');
    this.type = String(message.get('type')?.[0] ?? '');
    this.tops = (message.get('top') ?? []).map(String);
    this.#blobs = weights.get(this.name) ?? [];
  }

  /** The value that the layer reads: just one. */
  get bottom(): string {
    const bottoms = this.#message.get('bottom') ?? [];
    if (bottoms.length !== 1) this.refuse(`it reads ${bottoms.length} values instead of one`);
    return String(bottoms[0]);
  }

  /** A whole, positive number. Throws where it is absent and there is no default. */
  number(param: string, field: string, standard?: number): number {
    const value = this.#setting(param, field) ?? standard;
    if (value === undefined) throw this.#damaged(`has no ${field}`);
    return this.positive(value, field);
  }

  flag(param: string, field: string, standard: boolean): boolean {
    const value = this.#setting(param, field) ?? standard;
    return typeof value === 'boolean' ? value : this.refuse(`${field} is ${String(value)}`);
  }

  /** Height and width: `<stem>_h` and `<stem>_w`, or `<stem>` (`kernel_size`) for both, or once for each. */
  pair(param: string, stem: 'kernel' | 'stride' | 'pad' | 'dilation', standard?: number): readonly [number, number] {
    const message = this.#parameters(param);
    const both = message?.get(stem === 'kernel' ? 'kernel_size' : stem) ?? [];
    const pick = (side: 'h' | 'w', index: number): number => {
      const value = message?.get(`${stem}_${side}`)?.[0] ?? both[index] ?? both[0] ?? standard;
      if (value === undefined) throw this.#damaged(`has no ${stem} size`);
      if (value === 0 && stem === 'pad') return 0;
      return this.positive(value, stem);
    };
    return [pick('h', 0), pick('w', 1)];
  }

  /** Refuses every value of a setting but one. */
  only(param: string, field: string, value: TextValue, standard: TextValue): void {
    const given = this.#setting(param, field) ?? standard;
    if (given !== value) this.refuse(`${field} is ${String(given)}; phiz knows ${String(value)} alone`);
  }

  /** Refuses what has other than `rank` sizes. */
  checkRank(x: Value, rank: number): void {
    if (x.dims.length !== rank) throw this.#damaged(`reads ${x.dims.length} sizes where ${rank} belong`);
  }

  /** The layer's weights number `index`, of as many numbers as `dims` says; old files give shapes with more ones. */
  blob(index: number, dims: readonly number[]): Tensor {
    const blob = this.#blobs[index];
    if (!blob) throw this.#damaged(`needs weights that the .caffemodel lacks (blob ${index})`);
    const plain = (sizes: readonly number[]) => sizes.filter((size) => size !== 1).join('×');
    if (blob.data.length !== sizeOf(dims) || plain(blob.dims) !== plain(dims))
      throw this.#damaged(`needs weights of [${dims.join(', ')}], the .caffemodel has [${blob.dims.join(', ')}]`);
    return blob;
  }

  /** The value as a whole, positive number of a sane size. */
  positive(value: TextValue, what: string): number {
    if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 1 << 20) return value;
    throw this.#damaged(`has no whole, positive number for ${what}: ${typeof value === 'object' ? '{…}' : value}`);
  }

  refuse(why: string): never {
    throw new PhizError('unsupported-network', `${this.#where}: layer '${this.name}' (${this.type}): ${why}`);
  }

  #parameters(param: string): TextMessage | undefined {
    const message = this.#message.get(param)?.[0];
    return typeof message === 'object' ? message : undefined;
  }

  #setting(param: string, field: string): TextValue | undefined {
    return this.#parameters(param)?.get(field)?.[0];
  }

  #damaged(why: string): PhizError {
    return new PhizError('model-damaged', `${this.#where}: layer '${this.name}' (${this.type}) ${why}`);
  }
}
