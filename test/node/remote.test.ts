/** Inputs and outputs that lie elsewhere: in buckets of S3, and on the web as far as it may be asked. */
import type { ChildProcess } from 'node:child_process';
import type { lookup as lookUp } from 'node:dns';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { outputName, sourceName } from '#dist/apps/analyze/output-names.js';
import { openOutFolder } from '#dist/cli/out-folder.js';
import { type Buckets, openBuckets } from '#dist/node/remote/bucket.js';
import { isPublicAddress } from '#dist/node/remote/public-address.js';
import { openRemoteFiles } from '#dist/node/remote/remote-files.js';
import { fetchWebFile } from '#dist/node/remote/web-file.js';
import { startRedis } from '../../scripts/redis.js';
import { runPhiz } from './fixtures/phiz.js';
import { type OwnS3, startS3 } from './fixtures/s3.js';
import { until } from './fixtures/service.js';
import { writeShortClip } from './fixtures/short-clip.js';
import { needs } from './needs.js';

const samples = fileURLToPath(new URL('../../samples', import.meta.url));
let folder: string;
let s3: OwnS3;
let buckets: Buckets;
const before = { ...process.env };
const servers: Server[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phiz-remote-'));
  s3 = await startS3();
  Object.assign(process.env, s3.env);
  buckets = await openBuckets();
});
afterAll(async () => {
  process.env = before;
  buckets[Symbol.dispose]();
  for (const server of servers) server.close();
  for (const server of servers) server.closeAllConnections();
  await s3[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** A web server on this machine, and its port. */
async function web(listener: RequestListener, host = '127.0.0.1'): Promise<number> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  return (server.address() as AddressInfo).port;
}
const keysBelow = async (beginning: string): Promise<string[]> => {
  const keys: string[] = [];
  for await (const { url } of buckets.list(beginning)) keys.push(url.slice('s3://clips/'.length));
  return keys.sort();
};

describe('addresses', () => {
  it.each(['8.8.8.8', '192.0.1.1', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '::ffff:8.8.8.8'])('%s is public', (address) =>
    expect(isPublicAddress(address)).toBe(true),
  );
  it.each([
    ...['127.0.0.1', '10.1.2.3', '172.16.0.1', '172.31.255.255', '192.168.0.1', '169.254.169.254', '100.64.0.1', '0.0.0.0'],
    ...['224.0.0.1', '255.255.255.255', '192.0.2.1', '198.18.0.1', '::1', '::', 'fe80::1', 'fe80::1%eth0', 'fd00::1', 'ff02::1'],
    ...['::ffff:127.0.0.1', '::ffff:7f00:1', '0:0:0:0:0:ffff:a00:1', '::127.0.0.1', '64:ff9b::7f00:1', '2002:7f00:1::'],
    ...['2001:0:1::', '2001:db8::1', '', 'localhost', '127.1'],
  ])('%s is not', (address) => expect(isPublicAddress(address)).toBe(false));

  it('of this machine are refused however they are written, and nothing is asked', async () => {
    let asked = 0;
    const port = await web((_, response) => {
      asked++;
      response.end('secret');
    });
    await using remote = openRemoteFiles({ allowUrl: true });
    const forms = ['127.0.0.1', '2130706433', '0x7f000001', '017700000001', '127.1', '0', 'localhost'];
    for (const host of [...forms, '[::1]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[::]', '①②⑦.0.0.1'])
      await expect(remote.copy(`http://${host}:${port}/a.jpg`), host).rejects.toMatchObject({ code: 'invalid-option' });
    expect(asked).toBe(0);
    await using open = openRemoteFiles({ allowUrl: true, allowPrivate: true });
    await using copy = await open.copy(`http://127.0.0.1:${port}/a.jpg`);
    expect(await readFile(copy.path, 'utf8')).toBe('secret');
  });

  it('of the web need leave, and hold no password', async () => {
    await using closed = openRemoteFiles();
    await expect(closed.expand('https://example.org/a.jpg')).rejects.toThrow(/--allow-url/);
    await using remote = openRemoteFiles({ allowUrl: true, allowPrivate: true });
    const wrong = remote.copy('http://me:secret@127.0.0.1/a.jpg');
    await expect(wrong).rejects.toThrow(/password/);
    await expect(wrong).rejects.not.toThrow(/secret/);
  });
});

describe('a file of the web', () => {
  const limits = { maxBytes: 1000, seconds: 20, mayAsk: (address: string) => address === '127.0.0.1' };
  const path = (): string => join(folder, 'fetched');
  /** Says where a name leads, in turn, and counts how often it is asked. */
  const names = (...answers: readonly string[]) => {
    const asked: string[] = [];
    const lookup = ((name: string, _: object, done: (error: null, found: object[]) => void) => {
      asked.push(name);
      done(null, [{ address: answers[asked.length - 1] ?? answers.at(-1)!, family: 4 }]);
    }) as unknown as typeof lookUp;
    return { asked, lookup };
  };

  it('comes from the address that was checked, the name looked up once', async () => {
    let host: string | undefined;
    const port = await web((request, response) => {
      host = request.headers.host;
      response.end('a clip');
    });
    // Who answers otherwise the second time (DNS rebinding) is not asked a second time.
    const { asked, lookup } = names('127.0.0.1', '10.0.0.1');
    await fetchWebFile(`http://rebound.example:${port}/a`, path(), { ...limits, lookup });
    expect(await readFile(path(), 'utf8')).toBe('a clip');
    expect([asked, host]).toEqual([['rebound.example'], `rebound.example:${port}`]);
    const other = names('10.0.0.1');
    const refused = fetchWebFile(`http://inner.example:${port}/a`, path(), { ...limits, lookup: other.lookup });
    await expect(refused).rejects.toThrow(/10\.0\.0\.1.*--allow-private/);
  });

  it('is followed to where it is redirected, each step checked', async () => {
    const port = await web((request, response) => {
      const to = decodeURIComponent(request.url!.slice(1));
      if (to === 'end') response.end('there');
      else response.writeHead(302, { Location: to }).end();
    });
    const get = (to: string) => fetchWebFile(`http://127.0.0.1:${port}/${encodeURIComponent(to)}`, path(), limits);
    await get(`http://127.0.0.1:${port}/end`);
    expect(await readFile(path(), 'utf8')).toBe('there');
    await get('/end');
    await expect(get(`http://127.0.0.2:${port}/end`)).rejects.toMatchObject({ code: 'invalid-option' });
    await expect(get(`http://[::1]:${port}/end`)).rejects.toMatchObject({ code: 'invalid-option' });
    await expect(get('file:///etc/passwd')).rejects.toMatchObject({ code: 'invalid-option' });
    const circle = await web((_, response) => void response.writeHead(301, { Location: '/again' }).end());
    await expect(fetchWebFile(`http://127.0.0.1:${circle}/`, path(), limits)).rejects.toThrow(/more than 5 times/);
  });

  it('has so many bytes and takes so long at most, and leaves nothing that is not whole', async () => {
    const port = await web((request, response) => {
      const name = request.url!.replace(/\?.*/, '');
      if (name === '/told') response.writeHead(200, { 'Content-Length': 5000 }).end(Buffer.alloc(5000));
      else if (name === '/untold') {
        response.writeHead(200, { 'Transfer-Encoding': 'chunked' });
        for (let i = 0; i < 5; i++) response.write(Buffer.alloc(1000));
        response.end();
      } else if (name === '/slow') response.writeHead(200).write('a');
      else if (name === '/none') response.writeHead(404).end();
      else response.writeHead(500).end();
    });
    const get = (name: string, seconds = 20) =>
      fetchWebFile(`http://127.0.0.1:${port}/${name}?token=secret`, path(), { ...limits, seconds });
    await rm(path(), { force: true });
    for (const name of ['told', 'untold']) await expect(get(name), name).rejects.toThrow(/1000 bytes; --max-download/);
    await expect(get('slow', 1)).rejects.toThrow(/within 1 s; --download-timeout/);
    await expect(get('none')).rejects.toMatchObject({ code: 'file-not-found' });
    await expect(get('broken')).rejects.toThrow(/answers 500/);
    await expect(get('broken')).rejects.not.toThrow(/secret/);
    expect(await readdir(folder)).not.toContain('fetched');
  });
});

describe('names of what lies elsewhere', () => {
  it('say where it lies, and hold no secret', () => {
    expect(sourceName('https://example.org/a/b.jpg?token=secret')).toBe('https://example.org/a/b.jpg');
    expect(outputName('https://example.org/a/b.jpg?token=secret')).toBe(join('example.org', 'a', 'b.jpg'));
    expect(outputName('s3://clips/day 1/c.mp4')).toBe(join('clips', 'day 1', 'c.mp4'));
    expect(outputName('s3://clips/../../c.mp4')).toBe(join('clips', '_', '_', 'c.mp4'));
  });
});

describe('results for S3', () => {
  it('are put when they are whole, what says so last', async () => {
    await using remote = openRemoteFiles();
    const put: string[] = [];
    const watched = { ...remote, put: async (_: string, url: string) => void put.push(url) };
    await using out = await openOutFolder('s3://clips/out/', watched);
    await mkdir(join(out.folder, '0/sub'), { recursive: true });
    for (const name of ['a.json', 'sub/b.csv', 'z.csv', '.half.tmp']) await writeFile(join(out.folder, '0', name), name);
    await out.publish('a.json', '0');
    expect(put).toEqual(['s3://clips/out/sub/b.csv', 's3://clips/out/z.csv', 's3://clips/out/a.json']);
    expect(await readdir(out.folder)).toEqual([]);
    await expect(openOutFolder('https://example.org/out', remote)).rejects.toMatchObject({ code: 'invalid-option' });
  });
});

describe('phiz', () => {
  it('analyzes what lies in a bucket, and puts the results into one', async () => {
    for (const name of ['faces.png', 'notes.txt']) await writeFile(join(folder, name), 'no photo');
    await cp(join(samples, 'faces.png'), join(folder, 'faces.png'));
    await buckets.put(join(folder, 'faces.png'), 's3://clips/photos/group 1.png');
    await buckets.put(join(folder, 'notes.txt'), 's3://clips/photos/notes.txt');
    await buckets.put(join(folder, 'notes.txt'), 's3://clips/photos/broken.jpg');
    const args = ['analyze', 's3://clips/photos/', 's3://clips/none/', '--out', 's3://clips/results', '--quiet'];
    const { code, out, err } = await runPhiz(args, { cwd: folder });
    expect(err).toContain('s3://clips/none/: nothing is there');
    expect(code).toBe(1);
    const lines = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { source: string; faces?: unknown[] });
    const found = lines.find(({ source }) => source === 's3://clips/photos/group 1.png');
    expect(found?.faces).toHaveLength(7);
    const name = 'results/clips/photos/group 1.png';
    expect(await keysBelow('s3://clips/results/')).toEqual([`${name}.annotated.png`, `${name}.json`]);
    await buckets.fetch(`s3://clips/${name}.json`, join(folder, 'back.json'));
    expect(JSON.parse(await readFile(join(folder, 'back.json'), 'utf8'))).toEqual(found);
    expect((await readdir(folder)).filter((entry) => entry === 's3:')).toEqual([]);
  });

  it('killed in the middle leaves nothing once the next one runs, which takes nothing of those that live', async () => {
    const photo = await readFile(join(samples, 'faces.png'));
    const waiting: (() => void)[] = [];
    const port = await web((_, response) => {
      response.write(photo.subarray(0, 1000));
      waiting.push(() => response.end(photo.subarray(1000)));
    });
    const temporary = await mkdtemp(join(folder, 'tmp-'));
    const begin = async () => {
      let child: ChildProcess | undefined;
      const args = ['analyze', `http://127.0.0.1:${port}/a.png`, '--allow-url', '--allow-private', '--out', 's3://clips/killed'];
      const before = waiting.length;
      const end = runPhiz(args, { cwd: folder, env: { TMPDIR: temporary }, onStart: (started) => (child = started) });
      await until(() => waiting.length > before || undefined, 'the download to begin');
      return { end, kill: () => child!.kill('SIGKILL') };
    };
    const left = async () => (await readdir(temporary)).filter((name) => name.startsWith('phiz-')).sort();
    const first = await begin();
    const living = await begin();
    const [copy, copy2, out, out2] = await left();
    expect([copy, copy2, out, out2].map((name) => name?.slice(0, 9))).toEqual([
      ...['phiz-copy', 'phiz-copy'],
      ...['phiz-out-', 'phiz-out-'],
    ]);
    first.kill();
    await first.end;
    expect(await left()).toHaveLength(4);
    const third = await begin();
    expect(await left()).toHaveLength(4);
    for (const go of waiting) go();
    expect((await living.end).code).toBe(0);
    expect((await third.end).code).toBe(0);
    expect(await left()).toEqual([]);
  });

  it('goes on with what lies in a bucket where it is as it was', async () => {
    await buckets.put(join(samples, 'faces.png'), 's3://clips/again/faces.png');
    const args = ['analyze', 's3://clips/again/faces.png', '--out', 'here', '--resume'];
    const first = await runPhiz([...args, '--pretty'], { cwd: folder });
    expect(first.code).toBe(0);
    const { mtimeMs } = await stat(join(folder, 'here/clips/again/faces.png.json'));
    const second = await runPhiz([...args, '--pretty'], { cwd: folder });
    expect(second.out).toBe(first.out);
    expect((await stat(join(folder, 'here/clips/again/faces.png.json'))).mtimeMs).toBe(mtimeMs);
    const wrong = await runPhiz(['analyze', 'a.png', '--out', 's3://clips/x', '--resume'], { cwd: folder });
    expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining('--resume')]);
  });

  it('takes the web where it is allowed', async () => {
    const body = await readFile(join(samples, 'faces.png'));
    const port = await web((_, response) => void response.end(body));
    const url = `http://127.0.0.1:${port}/faces.png?token=secret`;
    const refused = await runPhiz(['analyze', url], { cwd: folder });
    expect([refused.code, refused.err]).toEqual([1, expect.stringContaining('--allow-url')]);
    const inner = await runPhiz(['analyze', url, '--allow-url'], { cwd: folder });
    expect([inner.code, inner.err]).toEqual([1, expect.stringContaining('--allow-private')]);
    const { code, out, err } = await runPhiz(['analyze', url, '--allow-url', '--allow-private'], { cwd: folder });
    expect([code, err]).toEqual([0, '']);
    expect(JSON.parse(out)).toMatchObject({ source: `http://127.0.0.1:${port}/faces.png` });
    for (const text of [out, refused.err, inner.err, refused.out, inner.out]) expect(text).not.toContain('secret');
  });

  it('studies recordings in a bucket, design and all', async () => {
    await writeShortClip(join(folder, 'short.mp4'), join(samples, 'expressions.mp4'), 1);
    for (const who of ['anna', 'ben']) await buckets.put(join(folder, 'short.mp4'), `s3://clips/study/${who}.mp4`);
    await writeFile(
      join(folder, 'study.csv'),
      'file,participant,stimulus\nanna.mp4,anna,film\ns3://clips/study/ben.mp4,ben,film\n',
    );
    await buckets.put(join(folder, 'study.csv'), 's3://clips/study/study.csv');
    const { code, err } = await runPhiz(['study', 's3://clips/study/study.csv', '--quiet', '--csv-separator', ';'], {
      cwd: folder,
    });
    expect(err).toContain('wrote s3://clips/study/study/study.report.html');
    expect(code).toBe(0);
    const keys = await keysBelow('s3://clips/study/study/');
    for (const name of ['study.json', 'study.report.html', 'long.csv', 'recordings/anna.frames.ndjson', 'recordings/ben.json'])
      expect(keys).toContain(`study/study/${name}`);
    await buckets.fetch('s3://clips/study/study/long.csv', join(folder, 'long.csv'));
    expect(await readFile(join(folder, 'long.csv'), 'utf8')).toMatch(/^\uFEFF\w+;/);
  });

  it.skipIf(needs.redis() === undefined)('hands in what lies in a bucket', async () => {
    await using redis = await startRedis();
    await buckets.put(join(folder, 'short.mp4'), 's3://clips/in/short.mp4');
    const env = { PHIZ_QUEUE: redis.url, PHIZ_STORAGE: 's3://clips/shared' };
    const { code, out } = await runPhiz(['submit', 's3://clips/in/'], { cwd: folder, env });
    expect([code, out]).toEqual([0, '1 clips handed in\n']);
    const [id] = (await keysBelow('s3://clips/shared/jobs/')).map((key) => key.split('/')[2]);
    expect(await keysBelow('s3://clips/shared/')).toEqual([`shared/jobs/${id}/input`]);
    const list = await runPhiz(['jobs', 'list'], { cwd: folder, env });
    expect(list.out).toContain('s3://clips/in/short.mp4');
  });
});
