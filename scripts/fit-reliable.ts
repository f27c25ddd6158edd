/**
 * Fits the rule by which a reading is called reliable or unclear, on validation data alone (FER-2013's PublicTest, UTKFace's val): every
 * image goes through the detector as a photo does, once as it is and once under one of the conditions of `phiz evaluate --stress`, so that
 * small, blurred, dark and turned faces are among them. A reading is reliable where its confidence (of an age: how narrow its interval is), the
 * face's sharpness and its light reach the rule's bounds and it is turned no further than the rule's. The bounds keep the most right readings less
 * the wrong ones, so that what is left out is more often wrong than right; they are fitted on one half of the images and measured on the
 * other, as is the rule in use. Right is the true emotion, or an age within 10 years.
 *
 *     node build/scripts/fit-reliable.js emotion DATA/fer2013 [--limit N]
 *     node build/scripts/fit-reliable.js age DATA/utkface [--limit N]
 */
import { parseArgs } from 'node:util';
import { CHAIN_SIDE, scaleTo } from '#dist/apps/evaluate/logits.js';
import { faceConditions } from '#dist/apps/evaluate/stress/conditions.js';
import { ageReader, RELIABLE_WIDTH } from '#dist/attributes/age/read.js';
import { RELIABLE_CONFIDENCE } from '#dist/attributes/classes/read.js';
import { sharpness } from '#dist/attributes/quality/measure.js';
import { createClassifier } from '#dist/classify/classifier.js';
import { argmax, softmax } from '#dist/classify/softmax.js';
import type { BoundingBox } from '#dist/core/geometry.js';
import type { Image } from '#dist/core/image.js';
import { boxToAffine, warp } from '#dist/core/resample.js';
import type { Detection } from '#dist/detect/detector.js';
import { openFer2013 } from '#dist/node/data/fer2013.js';
import { openUtkFace } from '#dist/node/data/utkface.js';
import { createNodeEngine } from '#dist/node/engine/engine.js';
import { loadModel } from '#dist/node/models/models.js';
import { openDetector } from '#dist/node/models/open-detector.js';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { limit: { type: 'string' } } });
const [task, dir] = positionals;
if ((task !== 'emotion' && task !== 'age') || !dir) throw new Error('usage: fit-reliable emotion|age DATA [--limit N]');
const limit = values.limit === undefined ? undefined : Number(values.limit);

/** How far off an age may be. */
const NEAR = 10;
/** Names of a face's features, each better where it is larger. */
const FEATURES = ['confidence', 'sharpness', 'light', 'upright'] as const;

interface Seen {
  readonly right: boolean;
  readonly features: readonly number[];
  readonly stressed: boolean;
  /** Fitted on, or kept for measuring. */
  readonly fitted: boolean;
}

const engine = await createNodeEngine({ threads: 1 });
const [detector, classifier] = await Promise.all([
  openDetector('detector', engine),
  loadModel(task).then((model) => createClassifier({ engine, model })),
]);
const { card } = classifier;
const grey = card.input.channels === 1;
const judge = task === 'age' ? judgeAge() : judgeEmotion;
const conditions = faceConditions(grey);
const seen: Seen[] = [];
const samples = await open();
for (const [i, { image, truth }] of samples.entries()) {
  const condition = conditions[i % conditions.length]!;
  for (const stressed of [false, true]) {
    const photo = scaleTo(stressed ? await condition.apply(image, i) : image, CHAIN_SIDE);
    const face = (await detector.detect(photo)).toSorted((a, b) => b.score - a.score)[0];
    if (!face) continue;
    const [logits] = await classifier.logits([classifier.crop(photo, face)]);
    const { right, confidence } = judge(logits!, truth);
    // Neighbours in the list share a condition's turn; both halves see all conditions.
    const fitted = Math.floor(i / conditions.length) % 2 === 0;
    seen.push({ right, features: featuresOf(photo, face, confidence), stressed, fitted });
  }
}
await Promise.all([detector.dispose(), classifier.dispose()]);

const rest = seen.filter(({ fitted }) => !fitted);
tell('fitted', fit(seen.filter(({ fitted }) => fitted)));
tell('in use', [
  task === 'age' ? -RELIABLE_WIDTH : RELIABLE_CONFIDENCE,
  ...FEATURES.slice(1).map(() => Number.NEGATIVE_INFINITY),
]);

function tell(rule: string, bounds: readonly number[]): void {
  console.log(`${rule}: ${FEATURES.map((name, i) => `${name} ≥ ${bounds[i]!.toFixed(3)}`).join(', ')}`);
  for (const [name, faces] of [
    ['as they are', rest.filter(({ stressed }) => !stressed)],
    ['under stress', rest.filter(({ stressed }) => stressed)],
    ['all', rest],
  ] as const) {
    const kept = faces.filter((face) => holds(face, bounds));
    const left = faces.filter((face) => !holds(face, bounds));
    console.log(
      `${name}: ${faces.length} faces, ${percent(kept.length / faces.length)} reliable; right ${percent(rightOf(kept))} of these, ${percent(rightOf(left))} of the others`,
    );
  }
}

async function open(): Promise<readonly { readonly image: Image; readonly truth: number }[]> {
  const options = { dir: dir!, grey, splits: ['validation' as const], limit };
  if (task === 'age')
    return (await openUtkFace(options)).validation!.samples.map(({ image, meta }) => ({ image, truth: meta.age }));
  const { labels, validation } = await openFer2013(options);
  return validation!.samples.map(({ image, label }) => ({ image, truth: card.labels.indexOf(labels[label]!) }));
}

function judgeEmotion(logits: Float32Array, truth: number) {
  const probabilities = softmax(logits, card.temperature);
  const best = argmax(probabilities);
  return { right: best === truth, confidence: probabilities[best]! };
}

function judgeAge() {
  const read = ageReader(card.labels, card.name);
  return (logits: Float32Array, truth: number) => {
    const { years, interval } = read(softmax(logits, card.temperature));
    return { right: Math.abs(years - truth) <= NEAR, confidence: -(interval[1] - interval[0]) };
  };
}

function featuresOf(photo: Image, { box, landmarks }: Detection, confidence: number): readonly number[] {
  const { leftEye, rightEye } = landmarks!;
  const lean = (Math.atan2(rightEye.y - leftEye.y, rightEye.x - leftEye.x) * 180) / Math.PI;
  return [confidence, sharpness(photo, box), lightOf(photo, box), -Math.abs(lean)];
}

/** Mean luma of a face, 0–1. */
function lightOf(photo: Image, box: BoundingBox): number {
  const side = 16;
  const luma = new Float32Array(side * side);
  warp(photo, boxToAffine(box, side, side), { width: side, height: side, channels: 1 }, luma);
  return luma.reduce((sum, value) => sum + value, 0) / luma.length / 255;
}

function holds({ features }: Seen, least: readonly number[]): boolean {
  return features.every((value, k) => value >= least[k]!);
}

/** Moves one bound after the other to where most is gained, until none moves. */
function fit(faces: readonly Seen[]): readonly number[] {
  const gain = (least: readonly number[]): number => {
    let sum = 0;
    for (const face of faces) if (holds(face, least)) sum += face.right ? 1 : -1;
    return sum / faces.length;
  };
  const least = FEATURES.map(() => Number.NEGATIVE_INFINITY);
  let best = gain(least);
  for (let moved = true; moved; ) {
    moved = false;
    for (const [k] of FEATURES.entries()) {
      const sorted = faces.map(({ features }) => features[k]!).sort((a, b) => a - b);
      const steps = Array.from({ length: 40 }, (_, i) => sorted[Math.floor((i / 40) * sorted.length)]!);
      for (const bound of [Number.NEGATIVE_INFINITY, ...steps]) {
        const value = gain(least.with(k, bound));
        // A bound that gains next to nothing is one more thing to explain.
        if (value <= best + 0.002) continue;
        [best, least[k], moved] = [value, bound, true];
      }
    }
  }
  return least;
}

function rightOf(faces: readonly Seen[]): number {
  return faces.filter(({ right }) => right).length / faces.length;
}

function percent(value: number): string {
  return `${(100 * value).toFixed(1)} %`;
}
