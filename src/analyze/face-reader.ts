/** The two halves of an analysis, finding faces and reading them: what an analyzer offers, and what tracking people needs. */
import type { Attribute } from '../attributes/attribute.js';
import type { AttributeName, Reading } from '../attributes/index.js';
import type { FaceRegion } from '../classify/crop.js';
import type { Image } from '../core/image.js';
import type { Detection } from '../detect/detector.js';
import type { Models } from '../results/result.js';
import type { AnalyzeOptions, AnalyzerDefaults, FindOptions } from './options.js';

/** What is measured of one face. */
export type FaceReading<Name extends AttributeName = AttributeName> = Reading<Name>;

export interface FaceReader<Name extends AttributeName = AttributeName> {
  /** Name and version of each model. */
  readonly models: Models<Name>;
  readonly defaults: AnalyzerDefaults;
  /** What it may read of a face, in the order of tables: all that phiz knows, and those made from a user's own models. */
  readonly attributes: readonly Attribute[];
  /**
   * The first half of `analyze`: finds the faces of an image, largest first. Boxes are the detector's own and may reach beyond the
   * image. Throws as `analyze`.
   */
  detect(image: Image, options?: FindOptions): Promise<readonly Detection[]>;
  /** The second half: reads the faces in the boxes given, in their order, all as one batch. Throws as `analyze`. */
  classify(
    image: Image,
    faces: readonly FaceRegion[],
    options?: Pick<AnalyzeOptions, 'signal'>,
  ): Promise<readonly FaceReading<Name>[]>;
}
