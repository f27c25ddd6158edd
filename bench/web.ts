/**
 * Times the page in Chromium with a fake camera of 640×480 that shows one face: how long from the address to the networks, and from
 * "Start camera" to the first face, how many frames per second are analysed and how old they are when drawn, and how much is fetched.
 * Everything runs on this machine, Chromium's own decoding and drawing included. Run it on a quiet machine.
 *
 *     npm run bench:web -- [--seconds 20] [--runs 3] [--device cpu|webgpu] [--chromium /usr/bin/chromium] [--json]
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { chromium } from 'playwright-core';
import { ensurePage } from '#dist/node/page/build-page.js';
import { servePage } from '#dist/node/page/static-page.js';
import { countOf, median } from './measure.js';

const { values: flags } = parseArgs({
  options: {
    seconds: { type: 'string', default: '20' },
    runs: { type: 'string', default: '3' },
    device: { type: 'string', default: 'cpu' },
    chromium: { type: 'string', default: '/usr/bin/chromium' },
    json: { type: 'boolean', default: false },
  },
});
const SECONDS = Number(flags.seconds);
const RUNS = countOf('runs', flags.runs);
if (!(SECONDS >= 3)) throw new Error(`--seconds must be 3 or more, not ${flags.seconds}`);

/** One visit with an empty cache. Milliseconds, bytes. */
interface Visit {
  readonly engine: string;
  readonly untilReady: number;
  readonly untilFace: number;
  readonly framesPerSecond: number;
  readonly latency: number;
  readonly fetched: number;
  /** Sent as `phiz serve` does: all but the networks gzipped. */
  readonly compressed: number;
}

const folder = await mkdtemp(join(tmpdir(), 'phiz-bench-web-'));
try {
  const clip = join(folder, 'camera.mjpeg');
  const source = fileURLToPath(new URL('../../samples/expressions.mp4', import.meta.url));
  await promisify(execFile)('ffmpeg', ['-v', 'error', '-i', source, ...['-vf', 'fps=30', '-q:v', '3', '-f', 'mjpeg'], clip]);
  await ensurePage();
  const visits: Visit[] = [];
  for (let run = 0; run < RUNS; run++) visits.push(await visit(clip));
  print(visits);
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function visit(clip: string): Promise<Visit> {
  await using server = await servePage({ port: 0 });
  const browser = await chromium.launch({
    executablePath: flags.chromium,
    args: [
      ...['--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update'],
      ...(flags.device === 'cpu' ? ['--disable-gpu'] : ['--enable-unsafe-webgpu']),
      ...['--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream', `--use-file-for-fake-video-capture=${clip}`],
    ],
  });
  try {
    const context = await browser.newContext({ permissions: ['camera'], viewport: { width: 1280, height: 900 } });
    const page = await context.newPage();
    const fetched = new Set<string>();
    context.on('response', (response) => {
      if (response.url().startsWith(server.url) && response.status() === 200) fetched.add(response.url());
    });
    const begun = performance.now();
    await page.goto(`${server.url}?device=${flags.device}`);
    await page.locator('[data-testid=engine][data-state=ready]').waitFor();
    const untilReady = performance.now() - begun;
    const engine = (await page.getByTestId('engine').textContent()) ?? '';
    const started = performance.now();
    await page.getByRole('button', { name: 'Start camera' }).click();
    await page.locator('.stage[data-state=faces]').waitFor();
    const untilFace = performance.now() - started;
    // The meter is a mean over two seconds: it is read from the third on.
    await page.waitForTimeout(3000);
    const readings: (readonly [rate: number, latency: number])[] = [];
    for (let second = 3; second < SECONDS; second++) {
      const [, rate, latency] =
        /^([\d.]+) frames\/s · (\d+) ms$/.exec((await page.getByTestId('meter').textContent()) ?? '') ?? [];
      if (rate !== undefined && latency !== undefined) readings.push([Number(rate), Number(latency)]);
      await page.waitForTimeout(1000);
    }
    const sizes = await Promise.all(
      [...fetched].map(async (url) => sizesOf(url, Buffer.from(await (await fetch(url)).arrayBuffer()))),
    );
    return {
      engine,
      untilReady,
      untilFace,
      framesPerSecond: median(readings.map(([rate]) => rate)),
      latency: median(readings.map(([, latency]) => latency)),
      fetched: sizes.reduce((sum, [whole]) => sum + whole, 0),
      compressed: sizes.reduce((sum, [, small]) => sum + small, 0),
    };
  } finally {
    await browser.close();
  }
}

/** Bytes as they are, and as `phiz serve` sends them. */
function sizesOf(url: string, body: Buffer): readonly [whole: number, compressed: number] {
  return [body.length, url.endsWith('.onnx') ? body.length : gzipSync(body, { level: 6 }).length];
}

function print(visits: readonly Visit[]): void {
  const machine = { cpu: cpus()[0]?.model ?? 'unknown', cores: availableParallelism(), node: process.version };
  const of = (key: keyof Omit<Visit, 'engine'>): number => median(visits.map((one) => one[key]));
  if (flags.json) {
    console.log(JSON.stringify({ machine, date: new Date().toISOString().slice(0, 10), visits }, undefined, 2));
    return;
  }
  console.log(`${machine.cpu}, ${machine.cores} cores, Chromium, ${visits[0]!.engine}; median of ${visits.length} visits\n`);
  console.log('| the page, one face at 640×480 | |\n| --- | --- |');
  console.log(`| frames per second while the camera runs | ${of('framesPerSecond').toFixed(1)} |`);
  console.log(`| age of an image when its faces are drawn | ${of('latency').toFixed(0)} ms |`);
  console.log(`| from the address to the networks loaded, nothing cached | ${of('untilReady').toFixed(0)} ms |`);
  console.log(`| from "Start camera" to the first face | ${of('untilFace').toFixed(0)} ms |`);
  console.log(`| fetched, as it is | ${(of('fetched') / 2 ** 20).toFixed(1)} MiB |`);
  console.log(`| fetched, compressed as \`phiz serve\` sends it | ${(of('compressed') / 2 ** 20).toFixed(1)} MiB |`);
}
