/** The examples of docs/http.md, run as they stand: one script, on a service at the port that they name or at a free one. */
import { execFile, execFileSync } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { PROBLEM_CODES } from '#dist/results/service.js';
import { serve } from './fixtures/service.js';
import { writeShortClip } from './fixtures/short-clip.js';
import { writeTinyModels } from './fixtures/tiny-models.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const page = await readFile(join(root, 'docs/http.md'), 'utf8');
const works = (command: string): boolean => {
  try {
    execFileSync(command, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    console.warn(`Skipping a test that needs ${command}`);
    return false;
  }
};

it.skipIf(!works('curl') || !works('bash'))('every example works as written, and every route has one', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'phiz-http-'));
  try {
    const models = { ...(await writeTinyModels(join(folder, 'models'))), threads: 1 };
    await mkdir(join(folder, 'samples'));
    for (const name of await readdir(join(root, 'samples')))
      if (name !== 'expressions.mp4') await copyFile(join(root, 'samples', name), join(folder, 'samples', name));
    await writeShortClip(join(folder, 'samples/expressions.mp4'), join(root, 'samples/expressions.mp4'), 2);
    await using service = await serve({ dataDir: join(folder, 'data'), models, allowUrl: true, allowPrivate: true });
    const clip = await readFile(join(folder, 'samples/expressions.mp4'));
    const web = createServer((_, response) => response.end(clip));
    await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
    using _ = { [Symbol.dispose]: () => void web.close() };
    const elsewhere = `http://127.0.0.1:${(web.address() as AddressInfo).port}`;
    const blocks = [...page.matchAll(/^```sh\n(.*?)^```/gms)].map((match) => match[1]!);
    const script = blocks
      .join('\n')
      .replaceAll('http://127.0.0.1:8080', service.url)
      .replaceAll('https://example.org', elsewhere);
    // --fail-with-body: a problem ends the script.
    const strict = `set -euo pipefail\ncurl() { command curl --fail-with-body "$@"; }\n${script}`;
    const { stdout } = await promisify(execFile)('bash', ['-c', strict], { cwd: folder, maxBuffer: 2 ** 26 });
    expect(stdout).toContain('"source":"faces.png"');
    expect(stdout).toContain('"state":"done"');
    for (const file of ['timeline.csv', 'report.html', 'annotated.mp4'])
      expect((await stat(join(folder, file))).size).toBeGreaterThan(500);
    // The one that was handed in by its address is not deleted.
    expect(await readdir(join(folder, 'data/jobs'))).toHaveLength(1);

    const document = (await (await fetch(`${service.url}/openapi.json`)).json()) as { paths: Record<string, object> };
    const used = blocks.join('\n').replaceAll('$JOB', '{id}').replaceAll('/files/clip.json', '/files/{name}');
    const unshown = Object.keys(document.paths).filter(
      (path) => !new RegExp(`:8080${path.replaceAll(/[{}.]/g, '\\$&')}(?![\\w/])`).test(used),
    );
    expect(unshown).toEqual([]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

it('every code of a problem is explained', () => {
  expect(PROBLEM_CODES.filter((code) => !page.includes(`\`${code}\``))).toEqual([]);
});
