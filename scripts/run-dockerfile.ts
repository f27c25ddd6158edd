/**
 * Runs the Dockerfile's commands without Docker: each stage in a root of its own, which is this machine's with a clean layer over it, so that
 * nothing here is changed. The base images are not fetched: what they bring (Node, Debian) is this machine's. Then it starts what the image
 * starts, as its user and with a root file system that is read-only, and asks its health check. For Linux, by root.
 *
 * npx tsc -b && node build/scripts/run-dockerfile.js
 */
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Copy, DockerfileParser, type Env, type From } from 'dockerfile-ast';

const root = fileURLToPath(new URL('../../', import.meta.url));
const home = mkdtempSync(join(tmpdir(), 'phiz-dockerfile-'));

/** A stage: its layer over this machine's root, and what holds for its next command. */
interface Stage {
  readonly layer: string;
  readonly env: Record<string, string>;
  folder: string;
  user: string | undefined;
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** The command that runs `command` in a stage's root; `readOnly`: nothing but /data and /tmp can be written. */
function inStage({ layer, env, folder, user }: Stage, command: string, readOnly = false): readonly string[] {
  const [work, merged] = ['work', 'merged'].map((name) => join(dirname(layer), name)) as [string, string];
  for (const path of [work, merged]) mkdirSync(path, { recursive: true });
  const exports = Object.entries(env).map(([name, value]) => `export ${name}=${quoted(value)}; `);
  const inside = `${exports.join('')}cd ${quoted(folder)} && ${command}`;
  const steps = [
    // The health check is mounted beside the service; both only read what is below.
    `mount -t overlay overlay -o lowerdir=/,upperdir=${layer},workdir=${work},index=off ${merged}`,
    ...(readOnly ? [`mount -o remount,ro ${merged}`, `mount -t tmpfs -o mode=1777 none ${merged}/tmp`] : []),
    ...(readOnly ? [`mount --bind ${join(layer, 'data')} ${merged}/data`] : []),
    ...['/proc', '/dev', '/etc/resolv.conf'].map((path) => `mount --rbind ${path} ${merged}${path}`),
    `exec chroot ${user === undefined ? '' : `--userspec=${user}`} ${merged} /bin/sh -c ${quoted(inside)}`,
  ];
  return ['unshare', '--mount', '/bin/sh', '-c', steps.join(' && ')];
}

function run(stage: Stage, command: string, readOnly = false): string {
  const [program, ...args] = inStage(stage, command, readOnly);
  return execFileSync(program!, args, { stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8', maxBuffer: 2 ** 26 });
}

/** Where a path of the image lies in a stage's layer. */
const placeIn = ({ layer, folder }: Stage, path: string): string => join(layer, path.startsWith('/') ? path : join(folder, path));

function copy(instruction: Copy, stage: Stage, stages: ReadonlyMap<string, Stage>): void {
  const flags = new Map(instruction.getFlags().map((flag) => [flag.getName(), flag.getValue() ?? '']));
  const paths = instruction.getArguments().map((argument) => argument.getValue());
  const to = placeIn(stage, paths.at(-1)!);
  const from = flags.get('from');
  for (const path of paths.slice(0, -1)) {
    const many = paths.length > 2 || /\/$|^\.$/.test(paths.at(-1)!);
    const into = (name: string): string => (many ? join(to, name) : to);
    if (from !== undefined) {
      const source = placeIn(stages.get(from)!, path);
      cpSync(source, into(many ? path.split('/').at(-1)! : ''), { recursive: true, verbatimSymlinks: true });
      continue;
    }
    // The context is what git has, as after a fresh clone.
    const files = execFileSync('git', ['ls-files', '-z', '--', path], { cwd: root, encoding: 'utf8' });
    for (const file of files.split('\0').filter(Boolean)) cpSync(join(root, file), into(file));
  }
  const owner = flags.get('chown');
  if (owner !== undefined) execFileSync('chown', ['-R', owner, to]);
}

const stages = new Map<string, Stage>();
let stage: Stage | undefined;
const last: Record<string, string> = {};
try {
  const dockerfile = DockerfileParser.parse(readFileSync(join(root, 'Dockerfile'), 'utf8'));
  for (const instruction of dockerfile.getInstructions()) {
    const keyword = instruction.getKeyword();
    const text = instruction.getArgumentsContent() ?? '';
    if (keyword === 'FROM') {
      const name = (instruction as From).getBuildStage() ?? 'last';
      const layer = join(home, name, 'layer');
      mkdirSync(layer, { recursive: true });
      stage = { layer, env: {}, folder: '/', user: undefined };
      stages.set(name, stage);
    } else if (!stage) throw new Error(`${keyword} comes before FROM`);
    else if (keyword === 'WORKDIR') {
      stage.folder = text;
      mkdirSync(placeIn(stage, '.'), { recursive: true });
    } else if (keyword === 'ENV') {
      for (const property of (instruction as Env).getProperties()) stage.env[property.getName()] = property.getValue() ?? '';
    } else if (keyword === 'COPY') copy(instruction as Copy, stage, stages);
    else if (keyword === 'RUN') {
      const begun = performance.now();
      run(stage, text.replaceAll(/\\\r?\n/g, ' '));
      process.stdout.write(`${Math.round((performance.now() - begun) / 1000)} s  RUN ${text.split('\n')[0]}\n`);
    } else if (keyword === 'USER') stage.user = text;
    else last[keyword] = keyword === 'HEALTHCHECK' ? text.slice(text.indexOf('[')) : text;
  }
  const entry = JSON.parse(last.ENTRYPOINT!) as string[];
  const phiz = (...args: string[]): string => [...entry, ...args].map(quoted).join(' ');
  const image = stages.get('last')!;
  const faces = run(image, phiz('analyze', '/app/node_modules/phiz/samples/faces.png', '--json'), true);
  process.stdout.write(`${(JSON.parse(faces) as { faces: unknown[] }).faces.length} faces in samples/faces.png\n`);
  const clip = run(image, phiz('analyze', '/app/node_modules/phiz/samples/expressions.mp4', '--fps', '1', '--json'), true);
  process.stdout.write(`${(JSON.parse(clip) as { people: unknown[] }).people.length} people in samples/expressions.mp4\n`);
  process.stdout.write(`user ${run(image, 'id -u', true).trim()}\n`);
  run(image, `! touch /app/written 2>/dev/null`, true);
  // On a port of its own, with a key made for it, since the image has none.
  run(image, phiz('keys', 'create', 'tried', '--file', '/data/keys.json'), true);
  const command = (JSON.parse(last.CMD!) as string[]).map((word) =>
    word === '8080' ? '18080' : word === '/run/secrets/api_keys' ? '/data/keys.json' : word,
  );
  const [program, ...args] = inStage(image, `exec ${phiz(...command)}`, true);
  const service = spawn(program!, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  const check = (JSON.parse(last.HEALTHCHECK!) as string[]).map(quoted).join(' ');
  let healthy = false;
  for (let tries = 0; tries < 60 && !healthy; tries++) {
    await sleep(1000);
    try {
      run({ ...image, env: { ...image.env, PHIZ_HEALTH_PORT: '18080' } }, check, true);
      healthy = true;
    } catch {
      // It is not up yet.
    }
  }
  const gone = new Promise((resolve) => service.once('exit', resolve));
  service.kill('SIGTERM');
  process.stdout.write(`the service was ${healthy ? 'healthy' : 'not healthy'} and ended with code ${await gone}\n`);
  const size = execFileSync('du', ['-sm', join(image.layer, 'app')], { encoding: 'utf8' });
  process.stdout.write(`/app has ${Number.parseInt(size, 10)} MB\n`);
  if (!healthy) process.exitCode = 1;
} finally {
  rmSync(home, { recursive: true, force: true });
}
