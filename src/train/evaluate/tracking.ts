/**
 * How well identities hold in a clip with known truth: IDF1, the share of face-frames that one person keeps one number for under the
 * best one-to-one assignment of true to given identities (Ristani et al. 2016, arXiv:1609.01775), and identity switches as CLEAR MOT
 * counts them (Bernardin and Stiefelhagen 2008, doi:10.1155/2008/246309).
 */
import { assign } from '../../analyze/assignment.js';
import { PhizError } from '../../core/error.js';
import { type BoundingBox, iou as overlap } from '../../core/geometry.js';

/** A face with an identity, true or given. */
export interface IdentifiedBox {
  readonly person: number;
  readonly box: BoundingBox;
}

/** One frame's truth and what a tracker said. */
export interface TrackedFrame {
  readonly truth: readonly IdentifiedBox[];
  readonly given: readonly IdentifiedBox[];
}

export interface TrackingReport {
  readonly frames: number;
  /** True persons, and numbers that the tracker gave. */
  readonly persons: number;
  readonly identities: number;
  /** Faces, over all frames, that carry the number of their person; that nobody gave; that are not there or carry another's number. */
  readonly truePositives: number;
  readonly falseNegatives: number;
  readonly falsePositives: number;
  /** 2·TP / (2·TP + FP + FN); 1 where there is nothing to find and nothing was given. */
  readonly idf1: number;
  readonly idPrecision: number | null;
  readonly idRecall: number | null;
  /** Times that a true person's number changed from one frame that found them to the next. */
  readonly switches: number;
}

/**
 * Compares frames in order. A given box is a true one's from an overlap (IoU) of `iou` on. Throws PhizError `invalid-data` where a
 * frame names a person twice, `invalid-option` for an `iou` outside (0, 1].
 */
export function trackingReport(frames: readonly TrackedFrame[], { iou = 0.5 }: { readonly iou?: number } = {}): TrackingReport {
  if (!(iou > 0 && iou <= 1)) throw new PhizError('invalid-option', `iou must be above 0 and at most 1; got ${iou}`);
  const together = new Map<number, Map<number, number>>();
  const identities = new Set<number>();
  const last = new Map<number, number>();
  let [faces, boxes, switches] = [0, 0, 0];
  frames.forEach(({ truth, given }, f) => {
    checkUnique(truth, `the truth of frame ${f}`);
    checkUnique(given, `frame ${f}`);
    faces += truth.length;
    boxes += given.length;
    for (const { person } of given) identities.add(person);
    for (const real of truth) {
      const counts = together.get(real.person) ?? new Map<number, number>();
      together.set(real.person, counts);
      for (const { person, box } of given) if (overlap(real.box, box) >= iou) counts.set(person, (counts.get(person) ?? 0) + 1);
    }
    // As CLEAR MOT has it: who keeps their number is matched first, the rest by overlap.
    const cost = (row: number, column: number): number => {
      const fit = overlap(truth[row]!.box, given[column]!.box);
      if (fit < iou) return Infinity;
      return (last.get(truth[row]!.person) === given[column]!.person ? -10 : -1) - fit;
    };
    for (const { row, column } of assign(truth.length, given.length, cost, 0)) {
      const before = last.get(truth[row]!.person);
      const now = given[column]!.person;
      if (before !== undefined && before !== now) switches++;
      last.set(truth[row]!.person, now);
    }
  });
  const rows = [...together.values()];
  const columns = [...identities];
  const matched = assign(rows.length, columns.length, (row, column) => -(rows[row]!.get(columns[column]!) ?? 0), 0);
  const truePositives = matched.reduce((sum, { cost }) => sum - cost, 0);
  return {
    frames: frames.length,
    persons: rows.length,
    identities: columns.length,
    truePositives,
    falseNegatives: faces - truePositives,
    falsePositives: boxes - truePositives,
    idf1: faces + boxes ? (2 * truePositives) / (faces + boxes) : 1,
    idPrecision: boxes ? truePositives / boxes : null,
    idRecall: faces ? truePositives / faces : null,
    switches,
  };
}

function checkUnique(boxes: readonly IdentifiedBox[], where: string): void {
  const seen = new Set<number>();
  for (const { person } of boxes) {
    if (seen.has(person)) throw new PhizError('invalid-data', `${where} has person ${person} twice`);
    seen.add(person);
  }
}
