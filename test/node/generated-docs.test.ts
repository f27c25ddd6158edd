/** The tables in docs that scripts/make-docs.ts makes from the list of attributes are those of today. */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { facesColumns } from '#dist/report/tables/faces-csv.js';
import { timelineColumns } from '#dist/report/tables/timeline-csv.js';

const root = fileURLToPath(new URL('../../', import.meta.url));

it('are what the attributes say (else run: npx tsc -b && node build/scripts/make-docs.js)', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'phiz-docs-'));
  try {
    await promisify(execFile)(process.execPath, [join(root, 'build/scripts/make-docs.js'), '--out', folder], { cwd: root });
    for (const name of await readdir(folder))
      expect(await readFile(join(root, 'docs', name), 'utf8')).toBe(await readFile(join(folder, name), 'utf8'));
  } finally {
    await rm(folder, { recursive: true });
  }
});

it.each([
  ['analyze.md', facesColumns()],
  ['video.md', timelineColumns()],
])('docs/%s names every column of its table', async (page, columns) => {
  const text = await readFile(join(root, 'docs', page), 'utf8');
  for (const { name } of columns) expect(text).toContain(`\`${name}\``);
});
