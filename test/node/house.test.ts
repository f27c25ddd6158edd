/** The rules of the house that neither the compiler nor biome checks. */
import { execFileSync } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const filesOf = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((path) => join(folder, path).replaceAll('\\', '/'))
    .filter((path) => statSync(join(root, path)).isFile())
    .sort();

const sources = filesOf('src').filter((path) => path.endsWith('.ts'));
const code = [
  ...sources,
  ...['scripts', 'bench', 'test', 'web'].flatMap(filesOf).filter((path) => /^(?!.*node_modules).*\.tsx?$/.test(path)),
];
const pages = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...filesOf('docs').filter((path) => path.endsWith('.md'))];
/** A file, or files by condition. */
type Target = string | { readonly [condition: string]: Target };
const filesBehind = (target: Target): string[] =>
  typeof target === 'string' ? [target] : Object.values(target).flatMap(filesBehind);
const manifest = JSON.parse(read('package.json')) as {
  scripts: Record<string, string>;
  bin: Record<string, string>;
  exports: Record<string, Target>;
  dependencies: Record<string, string>;
  peerDependencies: Record<string, string>;
  devDependencies: Record<string, string>;
};

describe('every source file', () => {
  it('has at most 300 lines', () => {
    expect(sources.filter((path) => read(path).split('\n').length - 1 > 300)).toEqual([]);
  });

  it('says at its head what it is', () => {
    expect(sources.filter((path) => !/^(#!.*\n)?(\/\*\*|\/\/ )/.test(read(path)))).toEqual([]);
  });

  it('is named after what it holds', () => {
    const bags = /^(utils?|misc|helpers?|common|stuff|lib|functions)(\.|$)/;
    expect(code.filter((path) => path.split('/').some((part) => bags.test(part)))).toEqual([]);
  });

  it('reaches native packages by import() alone, and in src/node alone', () => {
    const native =
      "(?:onnxruntime-node|sharp|@napi-rs/canvas|heic-decode|@mediabunny/server|node-av|fs-native-extensions)(?:/[^']*)?'";
    const eager = new RegExp(`^(?:import(?! type)|export)[^;]*?from '${native}|^import '${native}|require\\('${native}`, 'm');
    const lazy = new RegExp(`import\\(\\s*'${native}`);
    expect(sources.filter((path) => eager.test(read(path)))).toEqual([]);
    expect(sources.filter((path) => lazy.test(read(path)) && !path.startsWith('src/node/'))).toEqual([]);
  });
});

it('properties are written out, not spread from an object made for it', () => {
  const spread = code.flatMap((path) =>
    [...read(path).matchAll(/^\s*\.\.\.\{ .* \},?$/gm)].map(([line]) => `${path}: ${line.trim()}`),
  );
  expect(spread).toEqual([]);
});

it('code and pages use the words of the field that CONTRIBUTING.md lists', () => {
  const wrong =
    /\b(sightings?|false finds?|takes? over a classifier|what all chance is drawn from|(a|one) (row|column|line|panel) an? (true )?(face|person|class|model|part|detector|condition|clip|recording))\b/i;
  const told = [...code, ...pages].filter((path) => !['CONTRIBUTING.md', 'test/node/house.test.ts'].includes(path));
  expect(told.filter((path) => wrong.test(read(path)))).toEqual([]);
});

it('no work is left to do in a comment', () => {
  const left = new RegExp(`\\b(${['TO', 'FIX', 'XX'].map((a, i) => a + ['DO', 'ME', 'X'][i]).join('|')})\\b`);
  expect([...code, ...pages].filter((path) => left.test(read(path)))).toEqual([]);
});

describe('comments and pages', () => {
  /** Lines of comment of a source file: whole ones, and those after code. */
  const comments = (text: string) => [...text.matchAll(/^\s*(?:\/\*|\*|\/\/).*|\s\/\/ .*/gm)].map(([line]) => line).join('\n');
  /** A file of somebody else's repository. */
  const foreign = ['src/train_emotion_classifier.py'];

  const exists = (path: string) => existsSync(join(root, path)) || existsSync(join(root, 'src', path));

  it('name only files and folders that exist', () => {
    const texts = [
      ...sources.map((path) => [path, comments(read(path))] as const),
      ...pages.map((path) => [path, read(path)] as const),
    ];
    const named = texts.flatMap(([path, text]) =>
      [...text.matchAll(/(?<![\w/.-])(?:src|docs)(?:\/[\w.-]*\w)+|(?<![\w/.-])[a-z][\w-]*(?:\/[\w-]+)+\.tsx?\b/g)].map(
        ([target]) => ({
          path,
          target,
        }),
      ),
    );
    expect(named.length).toBeGreaterThan(50);
    expect(named.filter(({ target }) => !foreign.includes(target) && !exists(target))).toEqual([]);
  });
});

describe('the pages', () => {
  it('say what each folder of src holds', () => {
    const named = [...read('docs/architecture.md').matchAll(/^\| `(src\/[\w/*-]+)` \| \S/gm)].map(([, folder]) => folder!);
    const folders = [...new Set(sources.map(dirname))];
    const told = (folder: string) => named.includes(folder) || named.includes(`${dirname(folder)}/*`);
    expect(folders.filter((folder) => !told(folder))).toEqual([]);
    expect(named.filter((folder) => !existsSync(join(root, folder.replace(/\/\*$/, ''))))).toEqual([]);
  });

  it('start with two commands, each enough on a fresh clone', () => {
    const readme = read('README.md');
    expect(readme).toContain('npm ci && npm run phiz -- analyze samples/faces.png --out out\n');
    expect(readme).toContain('npm ci && npm test\n');
  });

  it('name only npm scripts that exist', () => {
    const named = pages.flatMap((path) => [...read(path).matchAll(/npm run ([\w:-]+)/g)].map((match) => `${path}: ${match[1]}`));
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((entry) => manifest.scripts[entry.split(': ')[1]!] === undefined)).toEqual([]);
  });

  it('name only commands of phiz that exist', () => {
    const commands = filesOf('src/cli/commands').map((path) => basename(path, '.ts'));
    const named = pages.flatMap((path) =>
      [...read(path).matchAll(/(?:npm run phiz --|npx phiz|^(?: {4}|\$ )phiz|`phiz) ([a-z]+(?:-[a-z]+)*)/gm)].map(
        (match) => `${path}: ${match[1]}`,
      ),
    );
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((entry) => !commands.includes(entry.split(': ')[1]!))).toEqual([]);
  });

  it.each([
    ['analyze', 'docs/analyze.md'],
    ['report', 'docs/video.md'],
    ['study', 'docs/studies.md'],
    ['train', 'docs/training.md'],
    ['evaluate', 'docs/training.md'],
    ['serve', 'docs/http.md'],
    ['import', 'docs/import.md'],
    ['compare', 'docs/compare.md'],
    ['compare-detectors', 'docs/detectors.md'],
  ])('name every option of phiz %s', (command, page) => {
    const help = execFileSync(process.execPath, [join(root, 'dist/cli/main.js'), command, '--help'], { encoding: 'utf8' });
    const options = [...help.matchAll(/^ +(?:-\w, )?(--[a-z-]+)/gm)]
      .map((match) => match[1]!)
      .filter((name) => name !== '--help');
    expect(options.length).toBeGreaterThan(3);
    // What holds where an option is not given stands in one way.
    expect(help.match(/default(?!:)[^)]*\)|default: ["']|default: false/g)).toBeNull();
    const text = read(page);
    expect(options.filter((name) => !new RegExp(`${name}(?![a-z-])`).test(text))).toEqual([]);
  });

  it('link only to files that exist', () => {
    const links = pages.flatMap((page) =>
      [...read(page).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)].map((match) => ({ page, target: match[1]! })),
    );
    expect(links.length).toBeGreaterThan(0);
    const broken = links.filter(({ page, target }) => !existsSync(resolve(root, dirname(page), target)));
    expect(broken).toEqual([]);
  });
});

it.each([
  ['phiz', 'node/index'],
  ['phiz/train', 'node/train'],
  ['phiz/browser', 'browser/index'],
  ['phiz/client', 'client/index'],
])('docs/library.md names every export of %s, in the table of its own or that of phiz', async (_, entry) => {
  const exported = Object.keys(await import(join(root, `dist/${entry}.js`)));
  const tables = read('docs/library.md').match(/## All exports\n([\s\S]*?)\n## /)?.[1] ?? '';
  const named = [...tables.matchAll(/`(\w+)`/g)].map(([, name]) => name!);
  expect(exported.length).toBeGreaterThan(1);
  expect(exported.filter((name) => !named.includes(name))).toEqual([]);
});

it('docs/library.md names nothing that is not exported', async () => {
  const tables = read('docs/library.md').match(/## All exports\n([\s\S]*?)\n## /)?.[1] ?? '';
  const entries = ['node/index', 'node/train', 'browser/index', 'client/index'].map(
    (entry) => import(join(root, `dist/${entry}.js`)),
  );
  const exported = new Set((await Promise.all(entries)).flatMap((module) => Object.keys(module)));
  const rows = [...tables.matchAll(/^\| (`.*?) \|/gm)].flatMap(([, cell]) =>
    [...cell!.matchAll(/`(\w+)`/g)].map(([, name]) => name!),
  );
  expect(rows.filter((name) => !exported.has(name))).toEqual([]);
});

describe('the package', () => {
  it('holds what its manifest points at', () => {
    const targets = [...Object.values(manifest.bin), ...Object.values(manifest.exports).flatMap(filesBehind)].filter(
      (target) => !target.includes('*'),
    );
    expect(targets.filter((target) => !existsSync(join(root, target)))).toEqual([]);
  });

  it('gives notice of every package it depends on', () => {
    const notice = read('NOTICE');
    const names = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });
    expect(names.filter((name) => !notice.includes(name))).toEqual([]);
  });

  it('is tried with the optional packages that its pages name', () => {
    const tried = new Map(
      Object.keys(manifest.peerDependencies).map((name) => [name, manifest.devDependencies[name]!.replace('^', '')]),
    );
    const named = pages.flatMap((page) =>
      [...read(page).matchAll(/(?<=[ `])((?:@[\w-]+\/)?[\w-]+)@(\d[\w.-]*)/g)].map(([, name, version]) => ({
        page,
        name: name!,
        version,
      })),
    );
    const optional = named.filter(({ name }) => tried.has(name));
    expect(new Set(optional.map(({ name }) => name))).toEqual(new Set(tried.keys()));
    expect(optional.filter(({ name, version }) => tried.get(name) !== version)).toEqual([]);
  });

  it('has no npm hooks: they would not run', () => {
    expect(read('.npmrc')).toContain('ignore-scripts=true');
    expect(Object.keys(manifest.scripts).filter((name) => /^(pre|post)|^prepare$|^install$/.test(name))).toEqual([]);
  });

  it.skipIf(process.platform === 'win32')('is checked by a script that can be run', () => {
    expect(() => accessSync(join(root, '.ci/run'), constants.X_OK)).not.toThrow();
  });
});

it.skipIf(!existsSync(join(root, '.git')))(
  'git holds no images but samples, documentation and fixtures, no data, and nothing built',
  () => {
    const tracked = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' }).split('\0').filter(Boolean);
    const image = /\.(png|jpe?g|webp|avif|gif|tiff?|heic|bmp|mp4|webm|mjpeg|y4m)$/i;
    const places = /^(samples|docs|test\/fixtures)\//;
    expect(tracked.filter((path) => image.test(path) && !places.test(path))).toEqual([]);
    expect(tracked.filter((path) => /^(dist|build|runs|out|node_modules)\//.test(path))).toEqual([]);
    expect(
      tracked.filter(
        (path) =>
          /\.(onnx|hdf5|h5|caffemodel|pb|csv)$/.test(path) &&
          !/^(models|docs\/study\/models|docs\/training\/next|samples|test(\/node)?\/fixtures)\//.test(path),
      ),
    ).toEqual([]);
  },
);
