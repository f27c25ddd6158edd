/**
 * Dockerfile, compose.yaml and the dashboard, as far as they can be checked without Docker: they are well formed, and what they name is there.
 * scripts/run-dockerfile.ts runs the Dockerfile's commands.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Copy, DockerfileParser, type From } from 'dockerfile-ast';
import { validate } from 'dockerfile-utils';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => read(join('src', path)));
const manifest = JSON.parse(read('package.json')) as { version: string; devDependencies: Record<string, string> };
const text = read('Dockerfile');
const instructions = DockerfileParser.parse(text).getInstructions();
const of = (keyword: string) => instructions.filter((instruction) => instruction.getKeyword() === keyword);
const stringsOf = (keyword: string): string[] => JSON.parse(of(keyword).at(-1)!.getArgumentsContent()!) as string[];

/** Options that are none of the command's. */
function unknownOptions([command, ...words]: readonly string[]): string[] {
  const help = execFileSync(process.execPath, [join(root, 'dist/cli/main.js'), command!, '--help'], { encoding: 'utf8' });
  const options = words.filter((word) => word.startsWith('--')).map((word) => word.replace(/=.*/, ''));
  return options.filter((option) => !new RegExp(`${option}(?![a-z-])`).test(help));
}

describe('the Dockerfile', () => {
  it('is well formed', () => {
    expect(validate(text)).toEqual([]);
  });

  it('has several stages from one image of a fixed version, and ends as somebody who is not root, with a health check', () => {
    const images = of('FROM').map((instruction) => (instruction as From).getImage());
    expect(images).toHaveLength(3);
    expect(new Set(images)).toEqual(new Set(['node:22-bookworm-slim']));
    const last = instructions.slice(instructions.lastIndexOf(of('FROM').at(-1)!));
    expect(last.map((instruction) => instruction.getKeyword())).not.toContain('RUN');
    expect(of('USER').at(-1)!.getArgumentsContent()).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    expect(of('HEALTHCHECK')).toHaveLength(1);
    expect(text).not.toMatch(/\b(PASSWORD|SECRET|KEY)=/);
  });

  it('copies what is there, and what stays out of the context is not needed', () => {
    const ignored = read('.dockerignore')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    for (const copy of of('COPY') as Copy[]) {
      if (copy.getFlags().some((flag) => flag.getName() === 'from')) continue;
      const paths = copy.getArguments().map((argument) => argument.getValue());
      for (const path of paths.slice(0, -1)) expect([path, existsSync(join(root, path))]).toEqual([path, true]);
      expect(paths.filter((path) => ignored.includes(path))).toEqual([]);
    }
    for (const secret of ['secrets', '.git', 'node_modules']) expect(ignored).toContain(secret);
    expect(execFileSync('git', ['check-ignore', 'secrets/keys.json'], { cwd: root, encoding: 'utf8' })).toBe(
      'secrets/keys.json\n',
    );
  });

  it('installs the packages of the versions that are tested, and this version of phiz', () => {
    const named = [...text.matchAll(/ ((?:@[\w-]+\/)?[\w-]+)@(\d[\w.-]*)/g)].map(
      ([, name, version]) => [name!, version!] as const,
    );
    expect(named.length).toBeGreaterThan(5);
    const tested = (name: string): string | undefined => manifest.devDependencies[name]?.replace('^', '');
    expect(named.filter(([name, version]) => tested(name) !== version)).toEqual([]);
    expect(new Set(text.match(/phiz-[\d.]+\.tgz/g))).toEqual(new Set([`phiz-${manifest.version}.tgz`]));
  });

  it('starts phiz with options that it has', () => {
    expect(stringsOf('ENTRYPOINT')).toEqual(['node', '/app/node_modules/phiz/dist/cli/main.js']);
    expect(unknownOptions(stringsOf('CMD'))).toEqual([]);
    expect(unknownOptions(['serve', '--no-such'])).toEqual(['--no-such']);
  });
});

interface ComposeService {
  readonly build?: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly read_only?: boolean;
  readonly secrets?: readonly string[];
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, object>>;
  readonly cap_drop?: readonly string[];
}
interface Compose {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly volumes: Readonly<Record<string, unknown>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
}

describe('compose.yaml', () => {
  const compose = parse(read('compose.yaml'), { merge: true }) as Compose;
  const services = Object.entries(compose.services);
  const own = services.filter(([, { build }]) => build !== undefined);

  it('has a service and two workers, a Redis that keeps jobs, and MinIO', () => {
    expect(own.map(([name]) => name)).toEqual(['serve', 'worker-1', 'worker-2']);
    expect(own.map(([, { command }]) => command![0])).toEqual(['serve', 'work', 'work']);
    const redis = compose.services.redis!.command!.join(' ');
    expect(redis).toContain('--appendonly yes');
    expect(redis).toContain('--maxmemory-policy noeviction');
    expect(compose.services.minio!.image).toMatch(/^minio\/minio:RELEASE/);
    for (const [name, { image, build }] of services)
      if (!build) expect([name, image]).toEqual([name, expect.stringMatching(/:(?!latest)/)]);
  });

  it('names options, variables, secrets, volumes and services that there are', () => {
    for (const [name, { command, environment = {} }] of own) {
      expect([name, unknownOptions(command!)]).toEqual([name, []]);
      const known = (variable: string): boolean =>
        /^AWS_(SHARED_CREDENTIALS_FILE|REGION|ENDPOINT_URL_S3)$/.test(variable) ||
        text.includes(variable) ||
        sources.some((source) => source.includes(variable) || source.includes(variable.replace(/_FILE$/, '')));
      expect([name, Object.keys(environment).filter((variable) => !known(variable))]).toEqual([name, []]);
    }
    for (const [name, service] of services) {
      const { secrets = [], volumes = [], depends_on = {}, command = [], environment = {} } = service;
      expect([name, secrets.filter((secret) => !compose.secrets[secret])]).toEqual([name, []]);
      expect([name, volumes.filter((volume) => !(volume.split(':')[0]! in compose.volumes))]).toEqual([name, []]);
      expect([name, Object.keys(depends_on).filter((other) => !compose.services[other])]).toEqual([name, []]);
      const read = [...[...command, ...Object.values(environment)].join(' ').matchAll(/\/run\/secrets\/(\w+)/g)].map(
        ([, secret]) => secret!,
      );
      expect([name, read.filter((secret) => !secrets.includes(secret))]).toEqual([name, []]);
    }
    for (const { file } of Object.values(compose.secrets)) expect(file).toMatch(/^\.\/secrets\//);
  });

  it('gives phiz a read-only root file system, no capabilities and a place for what it writes', () => {
    for (const [, { read_only, cap_drop, volumes }] of own)
      expect([read_only, cap_drop, volumes?.length]).toEqual([true, ['ALL'], 1]);
  });

  it('asks a worker for its health at the port where it tells it', () => {
    for (const [, { command, environment }] of own) {
      const port = /--port[ =](\d+)/.exec(command!.join(' '))![1];
      expect(environment!.PHIZ_HEALTH_PORT ?? '8080').toBe(port);
    }
  });
});

describe('the dashboard', () => {
  it('asks for metrics that there are, with labels that they have', () => {
    const code = ['src/server/metrics.ts', 'src/server/shared/worker-metrics.ts'].map(read).join('\n');
    const metrics = new Set([...code.matchAll(/name: '(\w+)'/g)].map(([, name]) => name!));
    const labels = new Set([...code.matchAll(/labelNames: \[([^\]]*)\]/g)].flatMap(([, list]) => list!.match(/\w+/g) ?? []));
    const { panels } = JSON.parse(read('deploy/grafana.json')) as { panels: readonly { targets: readonly { expr: string }[] }[] };
    const asked = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
    expect(asked.length).toBeGreaterThan(8);
    for (const expression of asked) {
      const named = expression.match(/\b(phiz|process)_\w+/g)!.map((name) => name.replace(/_(bucket|sum|count)$/, ''));
      expect([expression, named.filter((name) => !metrics.has(name))]).toEqual([expression, []]);
      const by = [...expression.matchAll(/by \(([^)]*)\)/g)].flatMap(([, list]) => list!.match(/\w+/g)!);
      const matched = [...expression.matchAll(/(\w+)=~?"/g)].map(([, label]) => label!);
      const known = [...labels, 'le', 'instance', 'job'];
      expect([expression, [...by, ...matched].filter((label) => !known.includes(label))]).toEqual([expression, []]);
    }
  });
});
