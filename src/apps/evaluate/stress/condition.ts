/** A way in which images are worse than the ones that networks are trained on, at one strength. One file per family. */
import type { BoundingBox } from '../../../core/geometry.js';
import type { Image } from '../../../core/image.js';

export interface Condition {
  /** What is done: 'turned', 'blurred'. */
  readonly family: string;
  /** How strongly, in words for a table. */
  readonly level: string;
  /** The image under it: the same for the same image and number, which says which of the data it is. */
  apply(image: Image, number: number): Image | Promise<Image>;
  /** Where a box of the image is then; absent where it stays. */
  move?(box: BoundingBox, image: Image): BoundingBox;
}
