/** What stress does to a network: its metrics on data as it is, and on the same data turned, blurred, darkened. */
import type { ModelCard } from '../../core/card.js';

/** A metric, with its 95 % interval where there is one. */
export interface StressMetric {
  readonly name: string;
  readonly value: number;
  readonly interval?: readonly [low: number, high: number] | undefined;
}

export interface StressReport {
  /** Data set and part. */
  readonly on: string;
  readonly images: number;
  /** On the images as they are. */
  readonly plain: readonly StressMetric[];
  /** The same metrics under each condition. */
  readonly rows: readonly { readonly family: string; readonly level: string; readonly metrics: readonly StressMetric[] }[];
}

export type CardStress = NonNullable<ModelCard['stress']>[number];

/** The report in the form of a card's `stress`, the images as they are first. */
export function cardStress({ on, images, plain, rows }: StressReport): readonly CardStress[] {
  return [{ family: 'plain', level: '', metrics: plain }, ...rows].flatMap(({ family, level, metrics }) =>
    metrics.map(({ name, value, interval }) => ({
      condition: level === '' ? family : `${family}, ${level}`,
      name,
      value,
      interval: interval && [...interval],
      on: `${on}, ${images} images`,
    })),
  );
}

/** A card's stress with fresh metrics in place of all those of the same data (`on` before its comma). */
export function mergeStress(old: readonly CardStress[], fresh: readonly CardStress[]): readonly CardStress[] {
  const data = ({ on }: CardStress) => on.split(', ')[0];
  const replaced = new Set(fresh.map(data));
  return [...old.filter((metric) => !replaced.has(data(metric))), ...fresh];
}
