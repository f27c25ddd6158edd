/**
 * Which small images a report of a clip has: a few dozen of the whole image, evenly over what was analysed however long it is, and
 * one of each person's face. What an image is, and how it is made small, is the platform's.
 */
import type { FrameResult, TrackedFace } from '../../results/video-result.js';
import type { ReportImages } from './report-images.js';

/** Longest side of a thumbnail, and side of a portrait, in pixels. */
export const THUMBNAIL_SIDE = 160;
export const PORTRAIT_SIDE = 96;

/** Side of a portrait in sides of the face's box. */
export const PORTRAIT_MARGIN = 1.5;

/** When there are more than so many thumbnails, every other one is dropped and the next are taken half as often. */
const MOST = 48;

/** Persons with a portrait, the first ones. */
const MOST_PORTRAITS = 64;

/** A new portrait must be so many times better (pixels times confidence) than the one there is. */
const BETTER = 1.5;

export class ImageChoice {
  #thumbnails: { readonly time: number; readonly uri: string }[] = [];
  #step = 0;
  #next = Number.NEGATIVE_INFINITY;
  readonly #portraits = new Map<number, { readonly worth: number; readonly uri: string }>();

  /** Whether a thumbnail of this moment is wanted. */
  wantsThumbnail({ timestamp }: FrameResult): boolean {
    return timestamp >= this.#next;
  }

  /** Takes the thumbnail of a frame, as a data URI. */
  addThumbnail({ timestamp }: FrameResult, uri: string): void {
    this.#thumbnails.push({ time: timestamp, uri });
    if (this.#thumbnails.length > MOST) {
      this.#thumbnails = this.#thumbnails.filter((_, i) => i % 2 === 0);
      this.#step = (this.#thumbnails.at(-1)!.time - this.#thumbnails[0]!.time) / (this.#thumbnails.length - 1);
    }
    // A hair less, so that a frame just at the step is not missed by rounding.
    this.#next = this.#thumbnails.at(-1)!.time + this.#step * 0.999;
  }

  /** Whether this face would make a better portrait of its person than the one there is. */
  wantsPortrait({ person, measured, ...face }: TrackedFace): boolean {
    const known = this.#portraits.get(person);
    return measured && (known ? worthOf(face) >= BETTER * known.worth : this.#portraits.size < MOST_PORTRAITS);
  }

  /** Takes the portrait of a face, as a data URI. */
  addPortrait(face: TrackedFace, uri: string): void {
    this.#portraits.set(face.person, { worth: worthOf(face), uri });
  }

  dropPortraits(): void {
    this.#portraits.clear();
  }

  read(): ReportImages {
    return { thumbnails: this.#thumbnails, portraits: new Map([...this.#portraits].map(([person, { uri }]) => [person, uri])) };
  }
}

function worthOf({ box, confidence }: Pick<TrackedFace, 'box' | 'confidence'>): number {
  return box.width * box.height * confidence;
}
