/**
 * Recordings whose truth is known, from the anonymous mean faces of samples/faces.png: each participant before two stimuli that
 * differ in one expression at one moment and not in another. Some start late, one is cut short, one has seconds without a face, one
 * has a second person walking in. make-study.ts runs it by hand, a test on a smaller scale.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BoundingBox } from '#dist/core/geometry.js';
import type { Image } from '#dist/core/image.js';
import { random } from '#dist/core/random.js';
import { writeAtomic } from '#dist/node/files/write-atomic.js';
import { readImage } from '#dist/node/images/read-image.js';
import { createClipWriter } from '#dist/node/video/write-clip.js';

export interface StudyClipsOptions {
  /** Folder of faces.png and faces.truth.json. */
  readonly samples: string;
  readonly out: string;
  readonly participants: number;
  /** Of each stimulus, and frames a second. */
  readonly seconds: number;
  readonly rate: number;
}

const [WIDTH, HEIGHT] = [320, 240];
/** Where in its tile make-samples.ts puts a face. */
const PART = { x: 0.1, y: 0.05, width: 0.8, height: 0.92 };

/** What is shown when, as shares of the stimulus: both have surprise at the start, `funny` alone has a smile near its end. */
export const SURPRISE = { from: 0.15, to: 0.35 };
export const SMILE = { from: 0.6, to: 0.85 };
/** The recording cut short (to 60 %), the one without a face for 15 % of its time, the one with a second person. */
export const [CUT, AWAY, CROWDED] = ['p2-plain.mp4', 'p3-plain.mp4', 'p4-funny.mp4'] as const;

/** Writes the clips, study.csv and moments.csv. Seconds before the stimulus: 0.4 for every second participant. */
export async function makeStudyClips({ samples, out, participants, seconds, rate }: StudyClipsOptions): Promise<void> {
  const image = await readImage(join(samples, 'faces.png'));
  const { faces } = JSON.parse(await readFile(join(samples, 'faces.truth.json'), 'utf8')) as {
    faces: readonly { readonly emotion: string; readonly box: BoundingBox }[];
  };
  const tile = (emotion: string): Image => {
    const { box } = faces.find((face) => face.emotion === emotion)!;
    const [width, height] = [Math.floor(box.width / PART.width), Math.floor(box.height / PART.height)];
    const [left, top] = [Math.round(box.x - PART.x * width), Math.round(box.y - PART.y * height)];
    const data = new Uint8Array(width * height);
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) data[y * width + x] = image.data[((top + y) * image.width + left + x) * image.channels]!;
    return { width, height, channels: 1, data } as unknown as Image;
  };
  const tiles = { neutral: tile('neutral'), happy: tile('happy'), surprise: tile('surprise') };
  const rows = ['file,participant,stimulus,offset,baseline,group'];
  for (let p = 1; p <= participants; p++)
    for (const stimulus of ['plain', 'funny']) {
      const file = `p${p}-${stimulus}.mp4`;
      const chance = random(11, p, stimulus.length);
      const offset = p % 2 === 0 ? 0.4 : 0;
      const place = { x: 60 + chance.uniform(-20, 20), y: 20 + chance.uniform(-8, 8) };
      const late = chance.uniform(0, 0.1);
      const writer = await createClipWriter({ path: join(out, file), facts: { width: WIDTH, height: HEIGHT, frameRate: rate } });
      const length = offset + seconds * (file === CUT ? 0.6 : 1);
      for (let i = 0; i < Math.round(length * rate); i++) {
        const at = (i / rate - offset - late) / seconds;
        const within = ({ from, to }: { from: number; to: number }) => at >= from && at < to;
        const shown = within(SURPRISE) ? 'surprise' : stimulus === 'funny' && within(SMILE) ? 'happy' : 'neutral';
        const away = file === AWAY && at >= 0.4 && at < 0.55;
        const data = new Uint8Array(WIDTH * HEIGHT * 3).fill(96);
        if (!away) paint(data, tiles[shown], { ...place, side: 150 });
        if (file === CROWDED && at > 0.5) paint(data, tiles.neutral, { x: 225, y: 60, side: 90 });
        await writer.add({ width: WIDTH, height: HEIGHT, channels: 3, data }, i / rate, 1 / rate);
      }
      await writer.finish();
      rows.push(
        [file, `p${p}`, stimulus, offset, p === 1 ? '' : `${offset}-${offset + 0.1 * seconds}`, p % 2 ? 'a' : 'b'].join(','),
      );
    }
  await writeAtomic(join(out, 'study.csv'), `${rows.join('\n')}\n`);
  const moments = ['plain', 'funny'].flatMap((stimulus) =>
    [
      { ...SURPRISE, label: 'bang' },
      { ...SMILE, label: 'punch line' },
    ].map(({ from, to, label }) => `${stimulus},${from * seconds},${to * seconds},${label}`),
  );
  await writeAtomic(join(out, 'moments.csv'), `stimulus,from,to,label\n${moments.join('\n')}\n`);
}

/** Puts a tile on the ground, its edges fading. */
function paint(data: Uint8Array, tile: Image, { x: left, y: top, side }: { x: number; y: number; side: number }): void {
  for (let y = Math.max(0, Math.ceil(top)); y < Math.min(top + side, HEIGHT); y++)
    for (let x = Math.max(0, Math.ceil(left)); x < Math.min(left + side, WIDTH); x++) {
      const [u, v] = [(x - left) / side, (y - top) / side];
      const out = ((2 * u - 1) ** 4 + (2 * v - 1) ** 4) ** 0.25;
      const cover = Math.min(Math.max((1 - out) / 0.2, 0), 1);
      const level = tile.data[Math.floor(v * tile.height) * tile.width + Math.floor(u * tile.width)]!;
      for (let c = 0; c < 3; c++) {
        const i = (y * WIDTH + x) * 3 + c;
        data[i] = Math.round(data[i]! + (level - data[i]!) * cover);
      }
    }
}
