/** A very long photo: faces that are small in it are found, each once, also where two stretches meet. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Analyzer } from '#dist/analyze/analyzer.js';
import { tilesOf } from '#dist/analyze/tiles.js';
import { type BoundingBox, iou } from '#dist/core/geometry.js';
import type { Image } from '#dist/core/image.js';
import { createAnalyzer } from '#dist/node/create-analyzer.js';

const samples = (name: string) => fileURLToPath(new URL(`../../samples/${name}`, import.meta.url));
/** Part of a face's box that is shown about it. */
const ROUND = 0.1;

interface Drawn {
  readonly image: Image;
  readonly known: readonly BoundingBox[];
}

/** A photo of a size with a face of a side in pixels at every `step` of its width. */
async function draw(
  width: number,
  height: number,
  { side, step }: { readonly side: number; readonly step: number },
): Promise<Drawn> {
  const { faces } = JSON.parse(await readFile(samples('faces.truth.json'), 'utf8')) as {
    readonly faces: readonly { readonly box: BoundingBox }[];
  };
  const { width: most = 0, height: lowest = 0 } = await sharp(samples('faces.png')).metadata();
  const places = Array.from({ length: Math.floor((width - 2 * side) / step) }, (_, i) => 60 + i * step);
  const known: BoundingBox[] = [];
  const parts = await Promise.all(
    places.map(async (x, i) => {
      const { box } = faces[i % faces.length]!;
      const scale = side / Math.sqrt(box.width * box.height);
      const left = Math.max(0, Math.round(box.x - ROUND * box.width));
      const top = Math.max(0, Math.round(box.y - ROUND * box.height));
      const across = Math.min(most - left, Math.round((1 + 2 * ROUND) * box.width));
      const down = Math.min(lowest - top, Math.round((1 + 2 * ROUND) * box.height));
      const y = Math.round((height - down * scale - 1) * ((i * 0.37) % 1));
      known.push({
        x: x + (box.x - left) * scale,
        y: y + (box.y - top) * scale,
        width: box.width * scale,
        height: box.height * scale,
      });
      const input = await sharp(samples('faces.png'))
        .extract({ left, top, width: across, height: down })
        .resize(Math.round(across * scale), Math.round(down * scale))
        .png()
        .toBuffer();
      return { input, left: x, top: y };
    }),
  );
  const data = await sharp({ create: { width, height, channels: 3, background: '#646c66' } })
    .composite(parts)
    .removeAlpha()
    .raw()
    .toBuffer();
  return { image: { width, height, channels: 3, data }, known };
}

let analyzer: Analyzer<never>;
beforeAll(async () => {
  analyzer = (await createAnalyzer({ threads: 1, emotion: null, age: null })) as Analyzer<never>;
});
afterAll(() => analyzer?.dispose());

it('shows all its faces of 140 pixels', { timeout: 300_000 }, async () => {
  const [width, height] = [30_000, 1000];
  const { image, known } = await draw(width, height, { side: 140, step: 613 });
  const found = await analyzer.detect(image);
  for (const face of known) expect(found.filter(({ box }) => iou(box, face) > 0.4)).toHaveLength(1);
  // The seams went through some of them.
  const seams = tilesOf({ width, height }, { most: 3 * height, margin: height / 2 }).map(({ core }) => core.right);
  expect(seams.some((seam) => known.some(({ x, width }) => seam > x && seam < x + width))).toBe(true);
});

// The smallest faces that are named are 20 pixels on the detector's input, whatever the size of the image.
it.each([
  [20, 9000, 700],
  [40, 9000, 1400],
  [100, 24_000, 2400],
])('shows faces of %i pixels where they are asked for', { timeout: 300_000 }, async (side, width, height) => {
  const { image, known } = await draw(width, height, { side, step: Math.round(width / 31) });
  const found = await analyzer.detect(image, { minFace: 0.9 * side });
  const hit = known.filter((face) => found.some(({ box }) => iou(box, face) > 0.3));
  expect(hit.length, `${hit.length} of ${known.length}`).toBeGreaterThanOrEqual(0.9 * known.length);
  expect(found.length).toBeLessThanOrEqual(known.length);
});
