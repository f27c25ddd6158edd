/** Analyses that are given up give back what they held: memory, threads and files, in the library and in the service. */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { random } from '#dist/core/random.js';
import { type Held, heldBy } from '../../scripts/held.js';
import { startServiceProcess } from './fixtures/service-process.js';
import { writeShortClip } from './fixtures/short-clip.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const [BLOCKS, PHOTOS, CLIPS] = [8, 22, 3];
/** Mebibytes by which the second half may hold more than the first: a quarter of a decoded photo for each analysis between. */
const MORE = 32;

// Two hundred analyses each, by phiz's own models: minutes where the machine is busy.
vi.setConfig({ testTimeout: 1_200_000 });

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phiz-aborting-'));
  await writeShortClip(join(folder, 'clip.mp4'), join(root, 'samples/expressions.mp4'), 2);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** How much more is held in the later half of the looks than in the earlier; the first warms up. */
function growth(looks: readonly Held[], what: keyof Held): number {
  const [, ...rest] = looks.map((look) => look[what]);
  const middle = rest.length >> 1;
  const median = (of: number[]): number => of.sort((a, b) => a - b)[of.length >> 1]!;
  return median(rest.slice(-middle)) - median(rest.slice(0, middle));
}

interface Aborted {
  readonly held: readonly Held[];
  readonly aborted: number;
}

async function abortMany(how: object): Promise<Aborted> {
  const script = join(root, 'test/node/fixtures/aborting.mjs');
  const told = JSON.stringify({ ...how, clip: join(folder, 'clip.mp4') });
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', script, told], { cwd: root });
  return JSON.parse(stdout);
}

it(`an analyzer holds no more after ${BLOCKS * (PHOTOS + CLIPS)} analyses than before`, async () => {
  const { held, aborted } = await abortMany({ blocks: BLOCKS, photos: PHOTOS, clips: CLIPS });
  // Some are done before they are given up.
  expect(aborted).toBeGreaterThan((BLOCKS * (PHOTOS + CLIPS)) / 4);
  expect(growth(held, 'mebibytes'), JSON.stringify(held)).toBeLessThan(MORE);
  expect(growth(held, 'threads')).toBeLessThan(3);
  expect(growth(held, 'files')).toBeLessThan(5);
});

it('that measure finds a photo that is kept by each', async () => {
  const { held } = await abortMany({ blocks: 7, photos: 20, clips: 0, keep: true });
  expect(growth(held, 'mebibytes'), JSON.stringify(held)).toBeGreaterThan(MORE);
});

it(`a service holds no more after ${BLOCKS * PHOTOS} requests that are given up than before`, async () => {
  const data = join(folder, 'data');
  const model = (name: string) => join(root, `models/${name}.onnx`);
  const models = { detector: model('detector'), emotion: model('emotion'), age: model('age') };
  const service = await startServiceProcess({ data, models, options: ['--concurrency', '2'] });
  try {
    const chance = random(17);
    const photo = await readFile(join(root, 'samples/faces.png'));
    // The faces that are left out hold nothing that the first do not.
    const asked = `${service.url}/v1/images?detectSize=320&maxFaces=2`;
    let answered = 0;
    /** Milliseconds that the last answer took. */
    let whole = 0;
    const ask = async (stop?: AbortSignal): Promise<void> => {
      const start = performance.now();
      const answer = await fetch(asked, { method: 'POST', body: photo, signal: stop ?? null });
      await answer.arrayBuffer();
      answered++;
      whole = performance.now() - start;
    };
    await ask();
    await ask();
    const held: Held[] = [];
    for (let block = 0; block < BLOCKS; block++) {
      for (let i = 0; i < PHOTOS; i++) await ask(AbortSignal.timeout(1 + chance.integer(whole))).catch(() => {});
      await sleep(500);
      held.push(await heldBy(service.child.pid!));
    }
    expect(answered).toBeLessThan((3 * BLOCKS * PHOTOS) / 4);
    // Its collector runs when it likes.
    expect(growth(held, 'mebibytes'), JSON.stringify(held)).toBeLessThan(2 * MORE);
    expect(growth(held, 'threads')).toBeLessThan(6);
    expect(growth(held, 'files')).toBeLessThan(8);
    // It is well.
    await ask();
    expect(await service.end()).toBe(0);
    expect(await readdir(join(data, 'jobs')).catch(() => [])).toEqual([]);
  } finally {
    await service.end('SIGKILL');
  }
});
