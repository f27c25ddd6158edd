/** Who imports whom in src: types and workers counted, nobody in a circle. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const src = fileURLToPath(new URL('../../src/', import.meta.url));
const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => path.endsWith('.ts'));

/** The files that each file imports, by `import … from`, `export … from` or `import()`. */
const graph = new Map(
  files.map((path) => {
    const text = readFileSync(join(src, path), 'utf8');
    const targets = [...text.matchAll(/(?:\bfrom |\bimport\()'(\.[^']+)\.js'/g)].map(([, target]) =>
      normalize(join(dirname(path), `${target}.ts`)).replaceAll('\\', '/'),
    );
    return [path, targets.filter((target) => files.includes(target))] as const;
  }),
);

/** Groups of files of which each reaches each other (Tarjan 1972, doi:10.1137/0201010). */
function circles(edges: ReadonlyMap<string, readonly string[]>): readonly (readonly string[])[] {
  const found: string[][] = [];
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const visit = (node: string): void => {
    index.set(node, index.size);
    low.set(node, index.get(node)!);
    stack.push(node);
    for (const next of edges.get(node) ?? []) {
      if (!index.has(next)) visit(next);
      if (stack.includes(next)) low.set(node, Math.min(low.get(node)!, low.get(next)!));
    }
    if (low.get(node) !== index.get(node)) return;
    const group = stack.splice(stack.indexOf(node));
    if (group.length > 1) found.push(group.sort());
  };
  for (const node of edges.keys()) if (!index.has(node)) visit(node);
  return found;
}

it('finds circles where there are some', () => {
  const edges = { a: ['b'], b: ['c', 'd'], c: ['a'], d: [], e: ['d', 'f'], f: ['e'] };
  expect(circles(new Map(Object.entries(edges)))).toEqual([
    ['a', 'b', 'c'],
    ['e', 'f'],
  ]);
});

it('is a tree of one direction: no file reaches itself', () => {
  expect(graph.get('analyze/people.ts')).toContain('analyze/tracker.ts');
  expect(circles(graph)).toEqual([]);
});
