/** A way in which pictures are worse than the ones that networks are trained on, at one strength. One file a family. */
import type { BoundingBox } from '../../../core/geometry.js';
import type { Image } from '../../../core/image.js';

export interface Condition {
  /** What is done: 'turned', 'blurred'. */
  readonly family: string;
  /** How strongly, in words for a table. */
  readonly level: string;
  /** The picture under it: the same for the same picture and number, which says which of the data it is. */
  apply(image: Image, number: number): Image | Promise<Image>;
  /** Where a box of the picture is then; absent where it stays. */
  move?(box: BoundingBox, image: Image): BoundingBox;
}
