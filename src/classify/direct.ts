/**
 * Where a classifier looks in a data set's own picture, which is already cut to a face: the centred square that the card's
 * `direct` names (by default all of a square picture). Photos, where a detector finds the face, go through crop.ts.
 */
import type { ModelCard } from '../core/card.js';
import type { BoundingBox } from '../core/geometry.js';

/** A card's `direct`. */
export type DirectRule = NonNullable<ModelCard['direct']>;

/** The direct view of a picture of `width`×`height` pixels. */
export function directView(width: number, height: number, { cover, shift }: DirectRule = { cover: 1, shift: 0 }): BoundingBox {
  const shorter = Math.min(width, height);
  const side = shorter * cover;
  return { x: (width - side) / 2, y: (height - side) / 2 + shift * shorter, width: side, height: side };
}
