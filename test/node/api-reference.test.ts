/** docs/api, the reference that scripts/make-api.ts makes from the docblocks: complete, and that of today. */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const page = (name: string): Promise<string> => readFile(join(root, `docs/api/${name}.md`), 'utf8');

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phiz-api-'));
});
afterAll(() => rm(folder, { recursive: true }));

it('is what the docblocks say (else run: npx tsc -b && node build/scripts/make-api.js)', async () => {
  await promisify(execFile)(process.execPath, [join(root, 'build/scripts/make-api.js'), '--out', folder], { cwd: root });
  const names = await readdir(folder);
  expect(await readdir(join(root, 'docs/api'))).toEqual(names);
  for (const name of names)
    expect(await readFile(join(root, 'docs/api', name), 'utf8')).toBe(await readFile(join(folder, name), 'utf8'));
});

it.each([
  ['phiz', 'node/index'],
  ['train', 'node/train'],
  ['browser', 'browser/index'],
  ['client', 'client/index'],
])('says of everything that %s exports what it is', async (name, entry) => {
  const text = await page(name);
  const exported = Object.keys(await import(join(root, `dist/${entry}.js`)));
  const source = await readFile(join(root, `src/${entry}.ts`), 'utf8');
  const declared = [...source.matchAll(/^export (?:type )?\{([^}]*)\} from/gm)].flatMap(
    ([, names]) => names!.match(/\b(?!type\b)\w+/g)!,
  );
  const sections = new Map(
    text
      .split(/^### /m)
      .slice(1)
      .map((section) => [section.split('\n')[0]!, section]),
  );
  expect(exported.length).toBeGreaterThan(1);
  expect([...exported, ...declared].filter((one) => !sections.has(one))).toEqual([]);
  // A heading, words, and the declaration.
  for (const section of sections.values()) expect(section).toMatch(/^\w+\n\n(?!```)\S[\s\S]*```ts\n[\s\S]+\n```\n/);
});

it('shows examples as code, and members with what is said of them', async () => {
  const text = await page('phiz');
  expect(text).toContain("```ts\nconst { summary } = await analyzeClip('clip.mp4', { out: 'out' });\n```");
  expect(text).toMatch(/interface ReportOptions \{\n {4}\/\*\* .+ \*\/\n {4}readonly /);
});
