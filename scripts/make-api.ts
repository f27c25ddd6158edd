/**
 * Writes docs/api/*.md: what each entry point exports, from the declarations that tsc made and the docblocks in them. TypeDoc needs the
 * compiler's interface, which TypeScript 7 has no more; declaration files have one form, so their text is enough. Fails where an export
 * has no docblock. Run after a change of what is exported or of its docblocks:
 *
 *     npx tsc -b && node build/scripts/make-api.js [--out docs/api]
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { out: { type: 'string', default: 'docs/api' } } });

const ENTRIES = [
  ['phiz', 'node/index', 'import … from `phiz` in Node'],
  ['train', 'node/train', 'import … from `phiz/train`'],
  ['browser', 'browser/index', 'import … from `phiz/browser`, and from `phiz` in a bundle for browsers'],
  ['client', 'client/index', 'import … from `phiz/client`'],
] as const;

/** Something exported: its name, where it is declared, and under which name there. */
interface Export {
  readonly name: string;
  readonly file: string;
  readonly local: string;
}

interface Declaration {
  readonly kind: string;
  readonly doc: string;
  readonly text: string;
}

const read = (file: string): Promise<string> => readFile(`${file}.d.ts`, 'utf8');

/** What a declaration file exports, `export * from` followed. */
async function exportsOf(file: string): Promise<readonly Export[]> {
  const text = (await read(file)).replace(/\/\*[\s\S]*?\*\//g, '');
  const target = (from: string): string => join(dirname(file), from.replace(/\.js$/, ''));
  const found: Export[] = [];
  for (const [, names, from] of text.matchAll(/^export (?:type )?\{([^}]*)\} from '([^']+)';/gm))
    for (const entry of names!.split(',').map((part) => part.trim().replace(/^type /, '')))
      if (entry !== '') {
        const [local, name = local] = entry.split(' as ') as [string, string?];
        found.push({ name, file: target(from!), local });
      }
  for (const [, from] of text.matchAll(/^export \* from '([^']+)';/gm)) found.push(...(await exportsOf(target(from!))));
  for (const [, name] of text.matchAll(/^export (?:declare )?(?:function|const|class|interface|type) (\w+)/gm))
    found.push({ name: name!, file, local: name! });
  return found;
}

/** The declaration of a name in a file: its docblock, and its text with the docblocks of its members. Re-exports are followed. */
async function declarationOf({ file, local }: Export): Promise<Declaration> {
  const text = await read(file);
  const starts = [...text.matchAll(new RegExp(`^export (?:declare )?(function|const|class|interface|type) ${local}\\b`, 'gm'))];
  const [first] = starts;
  if (!first) {
    const again = (await exportsOf(file)).find(({ name }) => name === local);
    if (!again || again.file === file) throw new Error(`${file}.d.ts does not declare ${local}`);
    return declarationOf(again);
  }
  const doc = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*$/.exec(text.slice(0, first.index))?.[1] ?? '';
  const parts = starts.map(({ index }) => text.slice(index, endOf(text, index)).replace(/^export (declare )?/, ''));
  return { kind: first[1]!, doc: plain(doc), text: parts.join('\n') };
}

/** Where the declaration that begins at `from` ends: behind its last brace, or its semicolon outside of all brackets. */
function endOf(text: string, from: number): number {
  const block = /^export (declare )?(class|interface) /.test(text.slice(from, from + 30));
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    if (text.startsWith('/*', at)) at = text.indexOf('*/', at) + 1;
    else if ('{([<'.includes(text[at]!)) depth++;
    else if ('})]'.includes(text[at]!) || (text[at] === '>' && text[at - 1] !== '=')) {
      depth--;
      if (block && depth === 0 && text[at] === '}') return at + 1;
    } else if (text[at] === ';' && depth === 0) return at + 1;
  }
  return text.length;
}

/** A docblock as Markdown: its examples as code. */
function plain(doc: string): string {
  const lines = doc.split('\n').map((line) => line.replace(/^\s*\* ?/, '').trimEnd());
  const text = lines
    .join('\n')
    .trim()
    .replace(/\{@link (\w+)\}/g, '`$1`');
  const [words = '', ...examples] = text.split(/^@example\s*/m);
  return [words.trim(), ...examples.map((code) => `\`\`\`ts\n${code.trim()}\n\`\`\``)].filter(Boolean).join('\n\n');
}

async function page(name: string, file: string, imported: string): Promise<string> {
  const exported = [...(await exportsOf(file))].sort((a, b) => (a.name < b.name ? -1 : 1));
  const declared = await Promise.all(exported.map(async (one) => ({ ...one, ...(await declarationOf(one)) })));
  const bare = declared.filter(({ doc }) => doc === '').map((one) => `${one.name} (${one.file}.d.ts)`);
  if (bare.length > 0) throw new Error(`no docblock: ${bare.join(', ')}`);
  const section = ({ name: title, doc, text }: (typeof declared)[number]): string =>
    `### ${title}\n\n${doc}\n\n\`\`\`ts\n${text}\n\`\`\`\n`;
  const isType = ({ kind }: Declaration): boolean => kind === 'interface' || kind === 'type';
  const parts = [
    `# ${name === 'phiz' ? 'phiz' : `phiz/${name}`}\n\nWhat ${imported} gives. Made from the docblocks by scripts/make-api.ts.\n`,
    '## Functions, classes and values\n',
    ...declared.filter((one) => !isType(one)).map(section),
    '## Types\n',
    ...declared.filter(isType).map(section),
  ];
  return parts.join('\n');
}

await mkdir(values.out, { recursive: true });
for (const [name, entry, imported] of ENTRIES)
  await writeFile(join(values.out, `${name}.md`), await page(name, join('dist', entry), imported));
