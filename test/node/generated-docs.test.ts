/** The tables in docs that scripts/make-docs.ts makes from the list of attributes, and the pages of make-cards.ts, are those of today. */
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

it.each([
  ['tables: what the attributes say', 'make-docs', 'docs'],
  ['pages of models: what the cards say', 'make-cards', 'docs/models'],
])('%s (else run: npx tsc -b && node build/scripts/%s.js)', async (_, script, docs) => {
  const folder = await mkdtemp(join(tmpdir(), 'phiz-docs-'));
  try {
    await promisify(execFile)(process.execPath, [join(root, `build/scripts/${script}.js`), '--out', folder], { cwd: root });
    const written = await readdir(folder);
    expect(written).not.toEqual([]);
    for (const name of written)
      expect(await readFile(join(root, docs, name), 'utf8')).toBe(await readFile(join(folder, name), 'utf8'));
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
