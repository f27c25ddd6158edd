/**
 * Builds what samples/ commits: seven anonymous mean faces, one an emotion, from FER-2013's training faces, and seven in
 * colour, one an age range, from UTKFace's; with the labels and boxes known. Says what YuNet finds in them.
 *
 *     npm run samples -- [--data ../shared] [--out samples]
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { AGE_RANGES, rangeOf } from '#dist/attributes/age/ranges.js';
import { EMOTIONS } from '#dist/attributes/emotion/labels.js';
import { type BoundingBox, iou } from '#dist/core/geometry.js';
import type { Image } from '#dist/core/image.js';
import { createYuNet } from '#dist/detect/yunet.js';
import { openFer2013 } from '#dist/node/data/fer2013.js';
import { openUtkFace } from '#dist/node/data/utkface.js';
import { createNodeEngine } from '#dist/node/engine/engine.js';
import { writeAtomic } from '#dist/node/files/write-atomic.js';
import { readImage } from '#dist/node/images/read-image.js';
import { parseFerPlus } from '#dist/train/data/fer2013.js';
import { type MeanFace, meanFace, meanView } from './mean-face.js';

const { values } = parseArgs({ options: { data: { type: 'string' }, out: { type: 'string', default: 'samples' } } });
const DATA = values.data ?? process.env.PHIZ_DATA ?? '../shared';

/** Images averaged for one face. */
const COUNT = 60;
/** Images of a class among which those are chosen. */
const POOL = 700;
/** Side of a face's tile in the image, and the room for it, in pixels: more above it, where a label finds its place. */
const TILE = 168;
const CELL = 208;
const ROW = 240;
const COLUMNS = 4;

/** A face of the image: its tile's pixels and what is known of it. */
interface Tile {
  readonly rgb: Buffer;
  readonly truth: Readonly<Record<string, unknown>>;
}

await buildEmotions();
await buildAges();

async function buildEmotions(): Promise<void> {
  const dir = join(DATA, 'data', 'fer2013');
  const votes = parseFerPlus(await readFile(join(dir, 'fer2013new.csv'), 'utf8'));
  const { train } = await openFer2013({ dir, splits: ['train'] });
  const pools = EMOTIONS.map((_, label) => {
    const own = train!.samples.filter((sample) => sample.label === label);
    // Faces that six of ten taggers call by their label; fewer of them where there are too few such faces.
    const sure = [6, 5, 4, 3]
      .map((least) => own.filter(({ meta }) => votes[meta.row]!.emotions[label]! >= least))
      .find((samples, i) => i === 3 || samples.length >= 8 * COUNT)!;
    return spread(sure, POOL).map(({ image }) => image);
  });
  const common = meanView(pools);
  const tiles: Tile[] = [];
  for (const [label, emotion] of EMOTIONS.entries()) {
    const face = meanFace(pools[label]!, COUNT, { common });
    console.log(`${emotion}: ${COUNT} of ${pools[label]!.length} sure faces`);
    tiles.push({ rgb: await develop(face, 48, 1, { level: 130, contrast: 50 }), truth: { emotion } });
  }
  // As FER-2013 crops them: the face as a detector sees it takes this part of the tile.
  const box = { x: 0.1, y: 0.05, width: 0.8, height: 0.92 };
  await compose('faces', tiles, box, { r: 96, g: 100, b: 106 });
}

async function buildAges(): Promise<void> {
  const { train } = await openUtkFace({ dir: join(DATA, 'data', 'utkface'), splits: ['train'] });
  const tiles: Tile[] = [];
  for (const range of AGE_RANGES) {
    const inRange = train!.samples.filter(({ meta }) => rangeOf(meta.age) === range);
    const own = spread(inRange, POOL);
    const face = meanFace(
      own.map(({ image }) => image),
      COUNT,
    );
    const years = face.chosen.reduce((sum, i) => sum + own[i]!.meta.age, 0) / COUNT;
    console.log(`${range}: ${COUNT} of ${inRange.length} faces, ${years.toFixed(1)} years on average`);
    tiles.push({ rgb: await develop(face, 112, 3, face), truth: { range, years: Math.round(years * 10) / 10 } });
  }
  const box = { x: 0.06, y: 0, width: 0.88, height: 0.98 };
  await compose('ages', tiles, box, { r: 120, g: 126, b: 134 });
}

/** From a mean face to the pixels of a tile: enlarged, sharpened, at the level and contrast given. */
async function develop(
  { samples }: MeanFace,
  side: number,
  channels: 1 | 3,
  { level, contrast }: { readonly level: number; readonly contrast: number },
): Promise<Buffer> {
  const pixels = Uint8ClampedArray.from(samples, (v) => level + contrast * v);
  return await sharp(pixels, { raw: { width: side, height: side, channels } })
    .resize(TILE, TILE, { kernel: 'cubic' })
    .sharpen({ sigma: TILE / side, m1: 0.8, m2: 1.2 })
    .toColourspace('srgb')
    .removeAlpha()
    .raw()
    .toBuffer();
}

/** Lays the tiles out in rows on a plain ground, writes `<name>.png` and `<name>.truth.json`, and checks what YuNet finds. */
async function compose(
  name: string,
  tiles: readonly Tile[],
  part: BoundingBox,
  ground: { readonly r: number; readonly g: number; readonly b: number },
): Promise<void> {
  const rows = Math.ceil(tiles.length / COLUMNS);
  const [width, height] = [COLUMNS * CELL, rows * ROW + (CELL - TILE) / 2];
  const places = tiles.map((_, i) => {
    const row = Math.floor(i / COLUMNS);
    const inRow = Math.min(COLUMNS, tiles.length - row * COLUMNS);
    const left = Math.round((width - inRow * CELL) / 2 + (i % COLUMNS) * CELL + (CELL - TILE) / 2);
    return { left, top: (row + 1) * ROW - TILE };
  });
  const mask = Buffer.from(
    `<svg width="${TILE}" height="${TILE}"><rect width="${TILE}" height="${TILE}" rx="${TILE * 0.1}" fill="#fff"/></svg>`,
  );
  const faded = await Promise.all(
    tiles.map(({ rgb }) =>
      sharp(rgb, { raw: { width: TILE, height: TILE, channels: 3 } })
        .ensureAlpha()
        .composite([{ input: mask, blend: 'dest-in' }])
        .png()
        .toBuffer(),
    ),
  );
  const png = await sharp({ create: { width, height, channels: 3, background: ground } })
    .composite(faded.map((input, i) => ({ input, ...places[i]! })))
    .removeAlpha()
    .png({ compressionLevel: 9, adaptiveFiltering: true })
    .toBuffer();
  const faces = tiles.map(({ truth }, i) => ({
    box: {
      x: round(places[i]!.left + part.x * TILE),
      y: round(places[i]!.top + part.y * TILE),
      width: round(part.width * TILE),
      height: round(part.height * TILE),
    },
    ...truth,
  }));
  await writeAtomic(join(values.out, `${name}.png`), png);
  await writeAtomic(join(values.out, `${name}.truth.json`), `${JSON.stringify({ width, height, faces }, undefined, 2)}\n`);
  console.log(`${name}.png: ${width}×${height}, ${png.length} bytes`);
  await check(await readImage(png), faces);
}

/** Says how YuNet's boxes fit those written down; throws where it misses a face. */
async function check(image: Image, faces: readonly { readonly box: BoundingBox }[]): Promise<void> {
  const model = await readFile(join(DATA, 'weights', 'yunet', 'yunet_n_dynamic.onnx'));
  const detector = await createYuNet({ engine: await createNodeEngine({ threads: 1 }), model });
  const found = await detector.detect(image, { detectSize: Math.max(image.width, image.height) });
  for (const { box } of faces) {
    const best = found.map((f) => ({ ...f, fit: iou(f.box, box) })).sort((a, b) => b.fit - a.fit)[0];
    if (!best || best.fit < 0.6) throw new Error(`YuNet does not find the face at ${JSON.stringify(box)}`);
    const rel = [(best.box.x - box.x) / TILE, (best.box.y - box.y) / TILE, best.box.width / TILE, best.box.height / TILE];
    console.log(
      `  score ${best.score.toFixed(3)}, IoU ${best.fit.toFixed(2)}, offset and size ${rel.map((v) => v.toFixed(2)).join(' ')}`,
    );
  }
  await detector.dispose();
}

/** At most `count` of a list, evenly spread over it. */
function spread<T>(list: readonly T[], count: number): readonly T[] {
  return list.length <= count ? list : Array.from({ length: count }, (_, i) => list[Math.floor((i * list.length) / count)]!);
}

function round(v: number): number {
  return Math.round(v * 10) / 10;
}
