/**
 * The worker thread behind openFaces: composes images or squares about candidates, and their targets. A batch is a pure function of
 * (seed, epoch, step).
 */
import { workerData } from 'node:worker_threads';
import { swapPlanes } from '../../core/planes.js';
import { type Random, random } from '../../core/random.js';
import { candidatePoint, pointsOf } from '../../detect/points.js';
import type { Batch } from '../../train/batch.js';
import { assignFaces, createTargets, type DetectionTargets } from '../../train/data/assign.js';
import { createCandidateMaker } from '../../train/data/candidates.js';
import { createComposer } from '../../train/data/compose.js';
import { imageAt } from '../../train/data/pack.js';
import type { FacesWorkerData } from './faces.js';
import { serveBatches } from './serve-batches.js';

const { pack, records, size, batch, seed, input, compose, margin } = workerData as FacesWorkerData;
const pool = { records, image: (index: number) => imageAt(pack, index) };
const points = margin === undefined ? pointsOf(size, size) : candidatePoint(size, margin);
const fill = margin === undefined ? composed() : createCandidateMaker(pool, { size, margin }).make;
serveBatches(makeBatch);

/** Fills in whole images, for a detector. */
function composed() {
  const composer = createComposer(pool, { size, ...compose });
  return (stream: Random, planes: Float32Array, offset: number, targets: DetectionTargets, sample: number): void => {
    assignFaces(composer.compose(stream, planes, offset), points, targets, sample);
  };
}

function makeBatch(epoch: number, step: number): Batch {
  const plane = size * size;
  const pixels = new Float32Array(batch * 3 * plane);
  const targets = createTargets(batch, points);
  for (let i = 0; i < batch; i++) {
    fill(random(seed, epoch, step, i), pixels, i * 3 * plane, targets, i);
    if (input.order === 'BGR') swapPlanes(pixels, plane, i * 3 * plane);
  }
  for (let i = 0; i < pixels.length; i++) pixels[i] = (pixels[i]! - input.mean) * input.scale;
  // The arrays are transferred to the main thread, so the anchors need a copy of their own.
  const anchor = { dims: [points.count, 3], data: points.anchors.slice() };
  return { feeds: { input: { dims: [batch, 3, size, size], data: pixels }, anchor, ...targets }, size: batch };
}
