import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { photoResultSchema } from '#dist/results/result.js';
import { problemSchema } from '#dist/results/service.js';
import { createKey } from '#dist/server/key-file.js';
import { dial, send, serve, type TestService, until } from './fixtures/service.js';
import { cellsImage, LIGHT_GREY, WHITE, writeTinyModels } from './fixtures/tiny-models.js';

const SAMPLE = fileURLToPath(new URL('../../samples/faces.png', import.meta.url));
const PNG = { 'Content-Type': 'image/png' };
let folder: string;
let models: { detector: string; emotion: string; age: string; threads: number };
let service: TestService;
/** Two faces, one happy and one sad. */
let two: Buffer;
let starts = 0;

/** A service of its own for a test that needs other limits. */
const serveWith = (options: Parameters<typeof serve>[0]): Promise<TestService> =>
  serve({ dataDir: join(folder, `data-${starts++}`), models, ...options });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phiz-serve-'));
  models = { ...(await writeTinyModels(join(folder, 'models'))), threads: 1 };
  const raw = { width: 320, height: 192, channels: 3 } as const;
  const cells = cellsImage(320, 192, [
    [1, 1, WHITE],
    [6, 3, LIGHT_GREY],
  ]);
  two = await sharp(cells, { raw }).png().toBuffer();
  service = await serveWith({ maxUpload: 200_000, maxPixels: 500_000, concurrency: 2 });
});
afterAll(async () => {
  await service[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const post = (body: RequestInit['body'], query = '', headers: Record<string, string> = PNG) =>
  fetch(`${service.url}/v1/images${query}`, { method: 'POST', body: body!, headers });

/** Checks that an answer is a problem of this status and code; gives its detail. */
async function problemIn(response: Response, status: number, code: string): Promise<string> {
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  const problem = problemSchema.parse(await response.json());
  expect({ status: response.status, said: problem.status, code: problem.code }).toEqual({ status, said: status, code });
  expect(problem.requestId).toBe(response.headers.get('x-request-id'));
  return problem.detail;
}

describe('a photo', () => {
  it('comes as the body, and its faces go back', async () => {
    const response = await post(two);
    expect(response.status).toBe(200);
    const { source, width, faces } = photoResultSchema.parse(await response.json());
    expect({ source, width, emotions: faces.map(({ emotion }) => emotion.label).sort() }).toEqual({
      source: 'upload',
      width: 320,
      emotions: ['happy', 'sad'],
    });
  });

  it('comes in a form, under its name without folders', async () => {
    const form = new FormData();
    form.set('file', new Blob([two]), '../../../etc/pass\u0007wd.png');
    const response = await post(form, '', {});
    expect(photoResultSchema.parse(await response.json()).source).toBe('passwd.png');
  });

  it('is analysed as the query says', async () => {
    const response = await post(two, '?maxFaces=1&minConfidence=0.5');
    expect(photoResultSchema.parse(await response.json()).faces).toHaveLength(1);
  });

  it.each([
    ['?maxFace=1', "'maxFace' here; did you mean 'maxFaces'?"],
    ['?colour=red', "'colour' here; known: "],
    ['?maxFaces=many', 'maxFaces=many will not do: it must be a number'],
    ['?maxFaces=0', 'maxFaces'],
    ['?maxFaces=', 'maxFaces'],
    ['?minConfidence=2', 'minConfidence'],
    ['?detectSize=9999', 'detectSize'],
  ])('is refused with the query %s', async (query, name) => {
    expect(await problemIn(await post(two, query), 400, 'invalid-option')).toContain(name);
  });

  it('of the wrong type is refused', async () => {
    await problemIn(await post('a=b', '', { 'Content-Type': 'text/plain' }), 415, 'unsupported-media-type');
    const packed = await post(gzipSync(two), '', { 'Content-Type': 'image/png', 'Content-Encoding': 'gzip' });
    expect(packed.headers.get('accept-encoding')).toBe('identity');
    await problemIn(packed, 415, 'unsupported-media-type');
    await problemIn(await post(two, '?minFace=20&minFace=40'), 400, 'invalid-option');
    await problemIn(await post('hello, I am no image'), 422, 'not-an-image');
  });

  it('that is cut off is refused', async () => {
    expect(await problemIn(await post(two.subarray(0, two.length / 2)), 422, 'not-an-image')).toContain('truncated');
  });

  it('that is empty is refused', async () => {
    await problemIn(await post(new Uint8Array(0)), 400, 'no-upload');
    const form = new FormData();
    form.set('file', new Blob([]), 'empty.png');
    await problemIn(await post(form, '', {}), 400, 'no-upload');
  });

  it('in a form with anything else is refused', async () => {
    const form = new FormData();
    form.set('maxFaces', '1');
    form.set('file', new Blob([two]), 'a.png');
    expect(await problemIn(await post(form, '', {}), 400, 'invalid-option')).toContain("'maxFaces'");
    const late = new FormData();
    late.append('file', new Blob([two]), 'a.png');
    late.append('file', new Blob([two]), 'b.png');
    await problemIn(await post(late, '', {}), 400, 'invalid-option');
  });

  it('of too many bytes is refused, whether it says so or not', async () => {
    await problemIn(await post(Buffer.alloc(300_000)), 413, 'upload-too-large');
    const quiet = new ReadableStream({
      start(controller) {
        for (let i = 0; i < 30; i++) controller.enqueue(new Uint8Array(10_000));
        controller.close();
      },
    });
    const response = await fetch(`${service.url}/v1/images`, { method: 'POST', body: quiet, duplex: 'half', headers: PNG });
    await problemIn(response, 413, 'upload-too-large');
    const form = new FormData();
    form.set('file', new Blob([Buffer.alloc(210_000)]), 'large.png');
    await problemIn(await post(form, '', {}), 413, 'upload-too-large');
    // The answer arrives also where the client is far from done.
    for (const size of [2_000_000, 8_000_000]) await problemIn(await post(Buffer.alloc(size)), 413, 'upload-too-large');
    const endless = new FormData();
    endless.set('file', new Blob([Buffer.alloc(5_000_000)]), 'large.png');
    await problemIn(await post(endless, '', {}), 413, 'upload-too-large');
    expect((await post(two)).status).toBe(200);
  });

  it('of too many pixels is refused before it is decoded', async () => {
    const large = await sharp({ create: { width: 1000, height: 501, channels: 3, background: 'black' } })
      .png()
      .toBuffer();
    expect(await problemIn(await post(large), 413, 'image-too-large')).toContain('1000×501');
  });

  it('may be of somebody (the samples)', async () => {
    await using real = await serve({ dataDir: join(folder, 'real') });
    const body = await readFile(SAMPLE);
    const response = await fetch(`${real.url}/v1/images`, { method: 'POST', body, headers: PNG });
    expect(photoResultSchema.parse(await response.json()).faces).toHaveLength(7);
  });
});

describe('a client', () => {
  it('that sends slowly is told so, and dropped', async () => {
    await using slow = await serveWith({ uploadTimeout: 0.3 });
    const socket = await dial(slow.port);
    const heard: Buffer[] = [];
    socket.on('data', (chunk) => heard.push(chunk));
    socket.write(
      `POST /v1/images HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\nContent-Length: ${two.length}\r\n\r\n`,
    );
    socket.write(two.subarray(0, 20));
    const answer = await until(() => (heard.length > 0 ? `${Buffer.concat(heard)}` : undefined), 'an answer');
    expect(answer).toMatch(/^HTTP\/1\.1 408 .*"code":"upload-timeout"/s);
    await until(() => socket.destroyed || socket.readableEnded || undefined, 'the end of the connection');
    socket.destroy();
  });

  it('that goes away leaves its place', async () => {
    await using narrow = await serveWith({ concurrency: 1, queue: 0 });
    const socket = await dial(narrow.port);
    socket.write(
      `POST /v1/images HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\nContent-Length: ${two.length}\r\n\r\n`,
    );
    socket.write(two.subarray(0, 20));
    const ask = () => fetch(`${narrow.url}/v1/images`, { method: 'POST', body: two, headers: PNG });
    const refused = await until(async () => {
      const response = await ask();
      return response.status === 429 ? response : undefined;
    }, 'the place to be taken');
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    await problemIn(refused, 429, 'busy');
    socket.destroy();
    await until(async () => ((await ask()).status === 200 ? true : undefined), 'the place to be free');
    await until(() => narrow.logged.find((line) => line.includes('client gone')), 'a line in the log');
  });

  it('among 200 at once is served or told to come again, and health is told all the while', async () => {
    await using busy = await serveWith({ concurrency: 2, queue: 20 });
    const ask = () => fetch(`${busy.url}/v1/images`, { method: 'POST', body: two, headers: PNG });
    const all = Array.from({ length: 200 }, ask);
    const health = await Promise.all(Array.from({ length: 5 }, () => fetch(`${busy.url}/healthz`)));
    expect(health.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    const answers = await Promise.all(all);
    const count = (status: number) => answers.filter((answer) => answer.status === status).length;
    expect(count(200) + count(429)).toBe(200);
    expect(count(200)).toBeGreaterThanOrEqual(22);
    expect(count(429)).toBeGreaterThan(0);
    for (const answer of answers) {
      if (answer.status === 200) expect(photoResultSchema.parse(await answer.json()).faces).toHaveLength(2);
      else expect(Number(answer.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    }
    expect((await ask()).status).toBe(200);
    const metrics = await (await fetch(`${busy.url}/metrics`)).text();
    expect(metrics).toContain(`{method="POST",route="/v1/images",status="429"} ${count(429)}`);
    expect(metrics).toContain('phiz_photos{state="running"} 0');
    expect(metrics).toContain('phiz_photos{state="waiting"} 0');
  });
});

describe('who may call', () => {
  it.each(['evil.example', `evil.example:80`, '127.0.0.1.evil.example', 'localhost.evil.example', 'a b', '[', 'user@localhost'])(
    'is nobody by the Host %s',
    async (host) => {
      const { status } = await send(service.port, '/v1/models', { headers: { Host: host } });
      expect([400, 403]).toContain(status);
    },
  );

  it('is whoever names this machine', async () => {
    for (const host of ['localhost', `LOCALHOST:${service.port}`, `127.0.0.1:${service.port}`, '[::1]:9000'])
      expect((await send(service.port, '/healthz', { headers: { Host: host } })).status).toBe(200);
  });

  it('is no page of another site', async () => {
    for (const origin of ['https://evil.example', 'null', `http://localhost:1`])
      await problemIn(await post(two, '', { ...PNG, Origin: origin }), 403, 'origin-not-allowed');
    expect((await post(two, '', { ...PNG, Origin: service.url })).status).toBe(200);
  });

  it('is a page of a site that was allowed', async () => {
    await using open = await serveWith({ allowOrigins: ['https://friend.example'], allowHosts: ['faces.example'] });
    const headers = { Origin: 'https://friend.example', Host: 'faces.example' };
    const preflight = await send(open.port, '/v1/images', { method: 'OPTIONS', headers });
    expect(preflight.status).toBe(204);
    expect(preflight.headers['access-control-allow-headers']).toContain('Authorization');
    const answer = await send(open.port, '/v1/images', { method: 'POST', headers: { ...headers, ...PNG }, body: two });
    expect(answer.status).toBe(200);
    expect(answer.headers['access-control-allow-origin']).toBe('https://friend.example');
    // Also what goes wrong must reach the page.
    const wrong = await send(open.port, '/v1/jobs/none', { headers });
    expect([wrong.status, wrong.headers['access-control-allow-origin']]).toEqual([404, 'https://friend.example']);
  });

  it('is who has a key, where keys are asked for', async () => {
    const file = join(folder, 'keys');
    const [first, second] = [await createKey(file, 'first'), await createKey(file, 'second')];
    await using locked = await serveWith({ apiKeyFile: file, host: '0.0.0.0' });
    const url = `http://127.0.0.1:${locked.port}`;
    const ask = (headers: Record<string, string>, path = '/v1/models') => fetch(`${url}${path}`, { headers });
    const missing = await ask({});
    expect(missing.headers.get('www-authenticate')).toBe('Bearer');
    await problemIn(missing, 401, 'unauthorized');
    await problemIn(await ask({}, '/metrics'), 401, 'unauthorized');
    for (const key of [first.slice(0, -1), `${first}x`, 'first', 'x'])
      await problemIn(await ask({ Authorization: `Bearer ${key}` }), 401, 'unauthorized');
    await problemIn(await ask({ Authorization: `Basic ${first}` }), 401, 'unauthorized');
    expect((await ask({ Authorization: `Bearer ${first}` })).status).toBe(200);
    expect((await ask({ 'X-API-Key': second })).status).toBe(200);
    for (const path of ['/healthz', '/readyz', '/openapi.json', '/docs', '/']) expect((await ask({}, path)).status).toBe(200);
    // A stranger's body is not read.
    const socket = await dial(locked.port);
    const heard: Buffer[] = [];
    socket.on('data', (chunk) => heard.push(chunk));
    socket.write('POST /v1/images HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\nContent-Length: 100000\r\n\r\n');
    await until(() => (`${Buffer.concat(heard)}`.startsWith('HTTP/1.1 401') ? true : undefined), 'a refusal');
    socket.destroy();
  });

  it('is never everybody: other addresses need a key, and keys are stored hashed', async () => {
    const code = async (options: Parameters<typeof serve>[0]) =>
      serveWith(options).then(
        async (started) => {
          await started[Symbol.asyncDispose]();
          return 'started';
        },
        (error: { code?: string }) => error.code,
      );
    for (const host of ['0.0.0.0', '::', '192.168.0.1', 'example.org', '']) expect(await code({ host })).toBe('invalid-option');
    const file = join(folder, 'short');
    await writeFile(file, 'secret\n');
    expect(await code({ apiKeyFile: file })).toBe('invalid-data');
    await writeFile(file, '{"keysVersion":1,"keys":[]}');
    expect(await code({ apiKeyFile: file })).toBe('invalid-data');
    expect(await code({ apiKeyFile: join(folder, 'nowhere') })).toBe('file-not-found');
  });
});

describe('every answer', () => {
  it('carries headers that bind browsers, and an id', async () => {
    for (const path of ['/healthz', '/docs', '/', '/nowhere', '/v1/jobs/none']) {
      const { headers } = await fetch(`${service.url}${path}`);
      const policy = headers.get('content-security-policy') ?? '';
      expect(policy).toContain("default-src 'none'");
      expect(policy).not.toMatch(/unsafe-inline|unsafe-eval(?!')|https?:/);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('x-request-id')).toMatch(/^[\w.-]+$/);
    }
    const given = await fetch(`${service.url}/healthz`, { headers: { 'X-Request-Id': 'mine-1' } });
    expect(given.headers.get('x-request-id')).toBe('mine-1');
    const wild = await fetch(`${service.url}/healthz`, { headers: { 'X-Request-Id': 'a b"c' } });
    expect(wild.headers.get('x-request-id')).not.toBe('a b"c');
  });

  it('to an unknown path or method is a problem', async () => {
    await problemIn(await fetch(`${service.url}/v2/images`), 404, 'not-found');
    const response = await fetch(`${service.url}/v1/images`, { method: 'DELETE' });
    expect(response.headers.get('allow')).toBe('POST');
    await problemIn(response, 405, 'method-not-allowed');
  });

  it.each(['/../../etc/passwd', '/..%2f..%2fetc%2fpasswd', '/%2e%2e/%2e%2e/etc/passwd', '/..\\..\\etc\\passwd', '//etc/passwd'])(
    'to the path %s is none of the disk',
    async (path) => {
      const { status, text } = await send(service.port, path);
      expect([400, 403, 404]).toContain(status);
      expect(text).not.toContain('root:');
    },
  );

  it('leaves a line in the log without names, queries or keys', async () => {
    const form = new FormData();
    form.set('file', new Blob([two]), 'aunt-emma.png');
    await post(form, '?maxFaces=17', { 'X-API-Key': 'sesame-open-sesame', 'X-Request-Id': 'logged-1' });
    const line = await until(() => service.logged.find((text) => text.includes('logged-1')), 'a line');
    expect(JSON.parse(line)).toMatchObject({ requestId: 'logged-1', method: 'POST', route: '/v1/images', status: 200 });
    expect(service.logged.join('')).not.toMatch(/emma|maxFaces=17|sesame/);
  });
});

it('leaves nothing on disk of photos', async () => {
  expect(await readdir(join(folder, 'data-0/jobs'))).toEqual([]);
});
