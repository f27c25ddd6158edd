/** The worker thread behind openFaces: composes images, assigns targets. A batch is a pure function of (seed, epoch, step). */
import { workerData } from 'node:worker_threads';
import { swapPlanes } from '../../core/planes.js';
import { random } from '../../core/random.js';
import { type Points, pointsOf } from '../../detect/points.js';
import type { Batch } from '../../train/batch.js';
import { assignFaces, createTargets } from '../../train/data/assign.js';
import { type Composer, createComposer } from '../../train/data/compose.js';
import { imageAt } from '../../train/data/pack.js';
import type { FacesInput, FacesWorkerData } from './faces.js';
import { serveBatches } from './serve-batches.js';

const { pack, records, size, batch, seed, input, compose } = workerData as FacesWorkerData;
const points = pointsOf(size, size);
const composer = createComposer({ records, image: (index) => imageAt(pack, index) }, { size, ...compose });
serveBatches((epoch, step) => makeBatch(composer, points, input, batch, (i) => random(seed, epoch, step, i)));

function makeBatch(
  { compose }: Composer,
  points: Points,
  { order, mean, scale }: FacesInput,
  count: number,
  stream: (sample: number) => ReturnType<typeof random>,
): Batch {
  const plane = points.width * points.height;
  const pixels = new Float32Array(count * 3 * plane);
  const targets = createTargets(count, points);
  for (let i = 0; i < count; i++) {
    const faces = compose(stream(i), pixels, i * 3 * plane);
    assignFaces(faces, points, targets, i);
    if (order === 'BGR') swapPlanes(pixels, plane, i * 3 * plane);
  }
  for (let i = 0; i < pixels.length; i++) pixels[i] = (pixels[i]! - mean) * scale;
  const picture = { dims: [count, 3, points.height, points.width], data: pixels };
  // The arrays are transferred to the main thread, so the anchors need a copy of their own.
  const anchor = { dims: [points.count, 3], data: points.anchors.slice() };
  return { feeds: { input: picture, anchor, ...targets }, size: count };
}
