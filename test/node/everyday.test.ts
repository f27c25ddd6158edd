/** What the committed detector makes of everyday images: lights, fabric, leaves, hands are nobody, and faces that lean are found as they lean. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createAnalyzer, readImage } from '#dist/node/index.js';

interface Truth {
  readonly file: string;
  readonly faces: readonly { readonly x: number; readonly y: number; readonly width: number; readonly angle: number }[];
}

const root = fileURLToPath(new URL('../../', import.meta.url));
let folder: string;
let truth: readonly Truth[];
let analyzer: Awaited<ReturnType<typeof finder>>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phiz-everyday-'));
  await promisify(execFile)(process.execPath, [join(root, 'build/scripts/everyday.js'), folder], { cwd: root });
  truth = JSON.parse(await readFile(join(folder, 'truth.json'), 'utf8')) as readonly Truth[];
  analyzer = await finder();
}, 120_000);
afterAll(async () => {
  await analyzer.dispose();
  await rm(folder, { recursive: true, force: true });
});

const finder = () => createAnalyzer({ emotion: null, age: null });
const facesIn = async (file: string) => (await analyzer.analyze(await readImage(join(folder, file)))).faces;
const kindOf = ({ file }: Truth) => file.split('-')[0]!;

it('sees nobody in lights, fabric, leaves, hands, statues and windows', async () => {
  const seen: string[] = [];
  for (const image of truth.filter(({ faces }) => faces.length === 0))
    for (const { confidence } of await facesIn(image.file)) seen.push(`${image.file} ${confidence.toFixed(2)}`);
  expect(seen).toEqual([]);
});

it('finds every mean face once, turned by up to 45°, with its eyes as they lean', async () => {
  const errors: number[] = [];
  for (const { file, faces } of truth.filter((image) => kindOf(image) === 'face')) {
    const [{ x, y, width, angle }] = faces as [Truth['faces'][number]];
    const found = await facesIn(file);
    expect(found, file).toHaveLength(1);
    const { box, landmarks } = found[0]!;
    expect(Math.hypot(box.x + box.width / 2 - x, box.y + box.height / 2 - y), file).toBeLessThan(0.3 * width);
    const { leftEye, rightEye } = landmarks!;
    const lean = (Math.atan2(rightEye.y - leftEye.y, rightEye.x - leftEye.x) * 180) / Math.PI;
    errors.push(Math.abs(lean - angle));
  }
  expect(errors).toHaveLength(49);
  expect(errors.toSorted((a, b) => a - b)[24], 'median').toBeLessThan(5);
  expect(Math.max(...errors)).toBeLessThan(18);
});
