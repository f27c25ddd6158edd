/**
 * A folder of clips and two workers, as processes of their own, of which one is killed, one stands still for longer than its lock, and Redis
 * dies and comes back (scripts/drill.ts): each clip has one result, equal to that of one machine, and nothing is left over.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { drill } from '../../scripts/drill.js';
import { LIGHT_GREY, WHITE, writeTinyModels } from './fixtures/tiny-models.js';
import { needs } from './needs.js';

const CLIPS = 10;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phiz-machines-'));
});
afterEach(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));

/** A clip of two frames, whose faces lie where the bits of its number are set. */
async function writeClip(path: string, number: number): Promise<void> {
  const [width, pageHeight] = [160, 96];
  const pixels = new Uint8Array(width * 2 * pageHeight * 3);
  for (let bit = 0; bit < 15; bit++) {
    if (((number + 1) & (1 << bit)) === 0) continue;
    const [left, top] = [32 * (bit % 5), 32 * Math.floor(bit / 5)];
    for (const page of [0, 1])
      for (let y = top; y < top + 32; y++) {
        const row = ((page * pageHeight + y) * width + left) * 3;
        pixels.fill(page === 0 ? WHITE : LIGHT_GREY, row, row + 32 * 3);
      }
  }
  await sharp(pixels, { raw: { width, height: 2 * pageHeight, channels: 3, pageHeight } })
    .gif({ delay: [100, 100], keepDuplicateFrames: true })
    .toFile(path);
}

it.skipIf(needs.redis() === undefined || process.platform !== 'linux')(
  'clips of two workers end with one result each, as of one machine, whatever is killed, stopped or started again',
  async () => {
    const { detector, emotion, age } = await writeTinyModels(join(folder, 'models'));
    const models = ['--detector', detector, '--emotion-model', emotion, '--age-model', age];
    const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
    const { printed, seconds: _, ...result } = await drill({ folder, clips: CLIPS, writeClip, models, main });
    expect(result, printed).toEqual({
      codes: [0, 0, 0, 0],
      results: CLIPS,
      summaries: CLIPS,
      inputs: 0,
      scratch: [],
      tables: CLIPS,
      different: [],
    });
    expect(printed.match(/^\S+ +[0-9a-f]{32} +done +2$/gm)).toHaveLength(CLIPS);
  },
  600_000,
);
