/** A very long photo: faces that are small in it are found, each once, also where two stretches meet. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { expect, it } from 'vitest';
import { tilesOf } from '#dist/analyze/tiles.js';
import { type BoundingBox, iou } from '#dist/core/geometry.js';
import { createAnalyzer } from '#dist/node/create-analyzer.js';

const samples = (name: string) => fileURLToPath(new URL(`../../samples/${name}`, import.meta.url));
const [WIDTH, HEIGHT, SIDE, STEP] = [30_000, 1000, 140, 613];
/** Part of a face's box that is shown about it. */
const ROUND = 0.1;

it('shows all its faces of 140 pixels', { timeout: 200_000 }, async () => {
  const { faces } = JSON.parse(await readFile(samples('faces.truth.json'), 'utf8')) as {
    readonly faces: readonly { readonly box: BoundingBox }[];
  };
  const { width: most = 0, height: lowest = 0 } = await sharp(samples('faces.png')).metadata();
  const places = Array.from({ length: Math.floor((WIDTH - 2 * SIDE) / STEP) }, (_, i) => 60 + i * STEP);
  const known: BoundingBox[] = [];
  const parts = await Promise.all(
    places.map(async (x, i) => {
      const { box } = faces[i % faces.length]!;
      const scale = SIDE / Math.sqrt(box.width * box.height);
      const left = Math.max(0, Math.round(box.x - ROUND * box.width));
      const top = Math.max(0, Math.round(box.y - ROUND * box.height));
      const width = Math.min(most - left, Math.round((1 + 2 * ROUND) * box.width));
      const height = Math.min(lowest - top, Math.round((1 + 2 * ROUND) * box.height));
      const y = Math.round((HEIGHT - height * scale - 1) * ((i * 0.37) % 1));
      known.push({
        x: x + (box.x - left) * scale,
        y: y + (box.y - top) * scale,
        width: box.width * scale,
        height: box.height * scale,
      });
      const input = await sharp(samples('faces.png'))
        .extract({ left, top, width, height })
        .resize(Math.round(width * scale), Math.round(height * scale))
        .png()
        .toBuffer();
      return { input, left: x, top: y };
    }),
  );
  const data = await sharp({ create: { width: WIDTH, height: HEIGHT, channels: 3, background: '#646c66' } })
    .composite(parts)
    .removeAlpha()
    .raw()
    .toBuffer();
  await using analyzer = await createAnalyzer({ threads: 1, emotion: null, age: null });
  const found = await analyzer.detect({ width: WIDTH, height: HEIGHT, channels: 3, data });
  for (const face of known) expect(found.filter(({ box }) => iou(box, face) > 0.4)).toHaveLength(1);
  // The seams went through some of them.
  const seams = tilesOf({ width: WIDTH, height: HEIGHT }, { most: 3 * HEIGHT, margin: HEIGHT / 2 }).map(({ core }) => core.right);
  expect(seams.some((seam) => known.some(({ x, width }) => seam > x && seam < x + width))).toBe(true);
});
