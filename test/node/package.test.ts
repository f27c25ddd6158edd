/**
 * What users get: the package is packed, installed into an empty project as README.md says, and run there with the network off; first
 * alone, for photos, then with what clips need. Needs npm's registry (or its cache) for the dependencies; install scripts stay off, for
 * nothing in phiz needs one.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';

/** Preloaded into Node: whatever asks for the network ends the process, even where the caller would swallow an error. */
const GUARD = `
import dgram from 'node:dgram';
import dns from 'node:dns';
import net from 'node:net';
import { syncBuiltinESMExports } from 'node:module';
const refuse = (what) => () => { process._rawDebug('NETWORK USED: ' + what); process.exit(86); };
net.Socket.prototype.connect = refuse('a socket');
dgram.Socket.prototype.send = refuse('a datagram');
for (const name of Object.keys(dns)) if (/^(lookup|resolve)/.test(name)) dns[name] = refuse('a name looked up');
for (const name of Object.keys(dns.promises)) if (/^(lookup|resolve)/.test(name)) dns.promises[name] = refuse('a name looked up');
syncBuiltinESMExports();
`;

let project: string;
let tarball: string;
/** Where the kernel lets us, a command runs in a network namespace without any interface. */
let isolated: readonly string[] = [];

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'phiz-package-'));
  for (const unshare of [
    ['unshare', '--net'],
    ['unshare', '--map-root-user', '--net'],
  ]) {
    const [command, ...rest] = unshare;
    const works = await run(command!, [...rest, 'true']).then(
      () => true,
      () => false,
    );
    if (works) {
      isolated = unshare;
      break;
    }
  }
  await writeFile(join(project, 'package.json'), '{ "name": "empty", "private": true, "type": "module" }\n');
  await writeFile(join(project, 'guard.mjs'), GUARD);
  const { stdout } = await run(npm, ['pack', '--ignore-scripts', '--json', '--pack-destination', project], { cwd: root });
  const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
  tarball = join(project, filename);
  await install(await documented('photos'));
  await copyFile(join(root, 'samples/faces.png'), join(project, 'faces.png'));
  await copyFile(join(root, 'samples/expressions.mp4'), join(project, 'clip.mp4'));
}, 600_000);

afterAll(() => rm(project, { recursive: true, force: true }));

/** What README.md says to type for a use: the packages after the flag. */
async function documented(use: string): Promise<readonly string[]> {
  const readme = await readFile(join(root, 'README.md'), 'utf8');
  const command = readme.match(new RegExp(`^\\| ${use}[^|]*\\| \`npm install --ignore-scripts ([^\`]+)\` \\|`, 'm'))?.[1];
  if (command === undefined) throw new Error(`README.md does not say how to install for ${use}`);
  return command.split(' ');
}

async function install(packages: readonly string[]): Promise<void> {
  const flags = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'];
  await run(npm, ['install', ...flags, ...packages.map((name) => (name === 'phiz' ? tarball : name))], { cwd: project });
}

/** Runs a Node program of the project with the network off. */
function offline(...args: readonly string[]): Promise<{ stdout: string; stderr: string }> {
  const [command, ...rest] = [...isolated, process.execPath, '--import', './guard.mjs', ...args];
  return run(command!, rest, { cwd: project, maxBuffer: 64 * 1024 * 1024 });
}

describe('the package, installed into an empty project, with the network off', () => {
  it('is watched by a guard that does notice the network', async () => {
    await writeFile(join(project, 'online.js'), "await fetch('http://127.0.0.1:54321/').catch(() => {});\n");
    await expect(offline('online.js')).rejects.toMatchObject({ code: 86, stderr: expect.stringContaining('NETWORK USED') });
  });

  it('finds the seven faces of the sample from the shell', async () => {
    const { stdout } = await offline('node_modules/phiz/dist/cli/main.js', 'analyze', 'faces.png');
    const result = JSON.parse(stdout) as { width: number; faces: { emotion: { label: string }; age: { range: string } }[] };
    expect(result.faces).toHaveLength(7);
    for (const face of result.faces) {
      expect(face.emotion.label).toBeTypeOf('string');
      expect(face.age.range).toMatch(/^\d+-\d+$/);
    }
  });

  it('finds them as a library', async () => {
    await writeFile(
      join(project, 'library.js'),
      `import { createAnalyzer, readImage } from 'phiz';
const analyzer = await createAnalyzer();
const { faces } = await analyzer.analyze(await readImage('faces.png'));
console.log(faces.length);
await analyzer.dispose();
`,
    );
    const { stdout } = await offline('library.js');
    expect(stdout.trim()).toBe('7');
  });

  it('says what to type where a clip or the page needs a package that is not there', async () => {
    const phiz = 'node_modules/phiz/dist/cli/main.js';
    const missing = async (...args: readonly string[]): Promise<string> =>
      offline(phiz, ...args).then(
        () => '',
        ({ stderr }: { readonly stderr: string }) => stderr,
      );
    const command = (packages: readonly string[]): string => `npm install --ignore-scripts ${packages.slice(1).join(' ')}`;
    expect(await missing('analyze', 'clip.mp4')).toContain(command(await documented('clips')));
    expect(await missing('webcam', '--no-open')).toContain(command(await documented('web pages')));
  });

  it('has a README whose links lead somewhere', async () => {
    const installed = join(project, 'node_modules/phiz');
    const readme = await readFile(join(installed, 'README.md'), 'utf8');
    const links = [...readme.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map(([, target]) => target!);
    expect(links.length).toBeGreaterThan(10);
    expect(links.filter((target) => !existsSync(join(installed, target)))).toEqual([]);
  });

  it('has an executable named phiz', async () => {
    const bin = join(project, 'node_modules/.bin', process.platform === 'win32' ? 'phiz.cmd' : 'phiz');
    const { stdout } = await run(bin, ['--version'], { cwd: project, shell: process.platform === 'win32' });
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe('with what clips need', () => {
  beforeAll(async () => install(await documented('clips')), 600_000);

  it('follows the people of a clip', async () => {
    await writeFile(
      join(project, 'clip.js'),
      `import { createAnalyzer, openClip } from 'phiz';
const analyzer = await createAnalyzer();
const people = new Set();
for await (const { faces } of analyzer.stream(await openClip('clip.mp4'), { fps: 2 })) for (const { person } of faces) people.add(person);
console.log(people.size);
await analyzer.dispose();
`,
    );
    expect((await offline('clip.js')).stdout.trim()).toBe('1');
  });
});
