/** One photo, whole: decoded, analysed, and its files written. analyze-clip.ts does the same for a clip. */
import { join } from 'node:path';
import type { Analyzer } from '../../analyze/analyzer.js';
import { lookClosely } from '../../analyze/close-look.js';
import { photoResult } from '../../analyze/photo-result.js';
import { writeAtomic } from '../../node/files/write-atomic.js';
import { annotatedImageFormat } from '../../node/images/annotated-formats.js';
import { readImage } from '../../node/images/read-image.js';
import type { FaceLimits, TurnOption } from '../../results/analysis-options.js';
import type { PhotoResult } from '../../results/result.js';
import type { OutputPlace } from './output-names.js';

/** What holds for all photos of a run. */
export interface PhotoSettings extends FaceLimits, TurnOption {
  /** Hide the faces in the annotated image, also those that the limits leave out of the result. */
  readonly blur: boolean;
  /** Largest photo decoded, in pixels; default as `readImage`. */
  readonly maxPixels?: number | undefined;
}

/** One photo. */
export interface PhotoTask {
  /** A path, or encoded bytes. */
  readonly from: string | Uint8Array;
  /** What messages call it. */
  readonly called: string;
  /** What its result calls it. */
  readonly source: string;
  /** Where its files go; without it none are written. */
  readonly place?: OutputPlace | undefined;
}

/**
 * Analyses a photo; with a place also writes `<name>.json` and the annotated image. Throws PhizError as `readImage`,
 * `Analyzer.analyze` and `writeAtomic` do.
 */
export async function analyzePhoto(
  analyzer: Analyzer,
  { from, called, source, place }: PhotoTask,
  { blur, turn, maxPixels, ...limits }: PhotoSettings,
): Promise<PhotoResult> {
  const warnings: string[] = [];
  const image = await readImage(from, { name: called, maxPixels, onWarning: (warning) => warnings.push(warning) });
  const analysis = await analyzer.analyze(image, { ...limits, turn });
  const result = photoResult(source, analysis, warnings);
  if (!place) return result;
  const path = join(place.folder, place.name);
  const [{ annotateImage }, { encodeImage }] = await Promise.all([
    import('../../node/images/annotate.js'),
    import('../../node/images/encode.js'),
  ]);
  const { faces } = analysis;
  const hide = blur ? [...faces.map(({ box }) => box), ...(await lookClosely(analyzer, image, { turn }))] : [];
  const drawn = await annotateImage(image, faces, { hide, attributes: analyzer.attributes });
  const { ending, format } = annotatedImageFormat(from);
  await writeAtomic(`${path}.${ending}`, await encodeImage(drawn, format, { optimise: false }), { private: true });
  // Last, since it says that the photo is done.
  await writeAtomic(`${path}.json`, `${JSON.stringify(result, undefined, 2)}\n`, { private: true });
  return result;
}
