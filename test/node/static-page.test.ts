/** The page's files over HTTP, and `phiz webcam`. What the page does is test/browser's. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { ensurePage } from '#dist/node/page/build-page.js';
import { createPageHandler, servePage } from '#dist/node/page/static-page.js';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  new Request(`http://127.0.0.1${path}`, { headers, method });

beforeAll(() => ensurePage());

describe('the handler', () => {
  it('gives the page, isolated and under a policy that lets nothing in from elsewhere', async () => {
    const response = await createPageHandler()(get('/'));
    expect(response?.status).toBe(200);
    expect(response!.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response!.headers.get('cross-origin-opener-policy')).toBe('same-origin');
    expect(response!.headers.get('cross-origin-embedder-policy')).toBe('require-corp');
    const policy = response!.headers.get('content-security-policy')!;
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/https?:|\*|unsafe-inline|'unsafe-eval'/);
    const page = await response!.text();
    expect(page).toContain('<div id="app"></div>');
    // What the policy would forbid is not there.
    expect(page).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=|(src|href)="https?:/);
  });

  it.each([
    ['/models/emotion.json', 'application/json'],
    ['/models/age.onnx', 'application/octet-stream'],
    ['/ort/ort-wasm-simd-threaded.wasm', 'application/wasm'],
    ['/ort/ort-wasm-simd-threaded.mjs', 'text/javascript; charset=utf-8'],
    ['/ort/ort-wasm-simd-threaded.asyncify.wasm', 'application/wasm'],
    ['/ort/ort-wasm-simd-threaded.asyncify.mjs', 'text/javascript; charset=utf-8'],
  ])('gives %s', async (path, type) => {
    const response = await createPageHandler()(get(path));
    expect(response?.status).toBe(200);
    expect(response!.headers.get('content-type')).toBe(type);
    expect(response!.headers.get('cross-origin-embedder-policy')).toBe('require-corp');
    expect((await response!.arrayBuffer()).byteLength).toBe(Number(response!.headers.get('content-length')));
  });

  it.each([
    '/package.json',
    '/index.html',
    '/models/../package.json',
    '/models/%2e%2e/package.json',
    '/models/..%2fpackage.json',
    '/..%5cpackage.json',
    '/models/',
    '/ort/ort.wasm.min.mjs',
    '/v1/models',
    '/__proto__',
  ])('knows nothing of %s', async (path) => {
    expect(await createPageHandler()(get(path))).toBeUndefined();
  });

  it('answers GET and HEAD alone', async () => {
    const handle = createPageHandler();
    expect(await handle(get('/', {}, 'POST'))).toBeUndefined();
    const head = await handle(get('/', {}, 'HEAD'));
    expect(head!.headers.get('content-length')).toMatch(/^\d{3,}$/);
    expect(await head!.text()).toBe('');
  });

  it('says when the browser has a file already', async () => {
    const handle = createPageHandler();
    const etag = (await handle(get('/models/age.onnx')))!.headers.get('etag')!;
    expect((await handle(get('/models/age.onnx', { 'If-None-Match': etag })))!.status).toBe(304);
    expect((await handle(get('/models/emotion.onnx', { 'If-None-Match': etag })))!.status).toBe(200);
  });

  it('compresses where asked and where the browser can take it', async () => {
    const handle = createPageHandler({ compress: true });
    const path = '/ort/ort-wasm-simd-threaded.mjs';
    const plain = await handle(get(path));
    expect(plain!.headers.get('content-encoding')).toBeNull();
    const whole = Buffer.from(await plain!.arrayBuffer());
    const zipped = await handle(get(path, { 'Accept-Encoding': 'br, gzip' }));
    expect(zipped!.headers.get('content-encoding')).toBe('gzip');
    expect(zipped!.headers.get('etag')).not.toBe(plain!.headers.get('etag'));
    const bytes = Buffer.from(await zipped!.arrayBuffer());
    expect(bytes.length).toBeLessThan(whole.length / 2);
    expect(gunzipSync(bytes).equals(whole)).toBe(true);
  });
});

describe('the server of phiz webcam', () => {
  it('answers to its own names alone', async () => {
    await using server = await servePage({ port: 0 });
    const { port } = new URL(server.url);
    const status = async (host: string): Promise<number | undefined> => {
      const asking = request({ host: '127.0.0.1', port, path: '/', headers: { host } }).end();
      const [response] = await once(asking, 'response');
      response.resume();
      return response.statusCode;
    };
    expect(await status(`127.0.0.1:${port}`)).toBe(200);
    expect(await status(`localhost:${port}`)).toBe(200);
    expect(await status('localhost')).toBe(200);
    for (const foreign of [`evil.example:${port}`, 'localhost.evil.example', '127.0.0.1.evil.example', '[::1]'])
      expect([403, 400]).toContain(await status(foreign));
    expect(await (await fetch(`${server.url}nothing`)).text()).toBe('There is no such file.\n');
  });

  it('keeps to 127.0.0.1', async () => {
    await using server = await servePage({ port: 0 });
    const socket = connect({ host: '127.0.0.2', port: Number(new URL(server.url).port) });
    const outcome = await new Promise<string>((resolve) => {
      socket.once('connect', () => resolve('open'));
      socket.once('error', () => resolve('closed'));
    });
    socket.destroy();
    expect(outcome).toBe('closed');
  });

  it('says which port is taken', async () => {
    await using server = await servePage({ port: 0 });
    await expect(servePage({ port: Number(new URL(server.url).port) })).rejects.toMatchObject({
      code: 'invalid-option',
      message: expect.stringContaining('another program uses it; give another --port'),
    });
  });
});

describe('phiz webcam', () => {
  it('prints the address, serves the page and ends when told to', async () => {
    const child = spawn(process.execPath, [main, 'webcam', '--port', '0', '--no-open']);
    try {
      const [line] = (await once(child.stdout, 'data')) as [Buffer];
      expect(line.toString()).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\n$/);
      expect(await (await fetch(line.toString().trim())).text()).toContain('<title>phiz</title>');
    } finally {
      child.kill('SIGTERM');
    }
    expect(await once(child, 'exit')).toEqual([143, null]);
  });

  it('takes no port that is none', async () => {
    const child = spawn(process.execPath, [main, 'webcam', '--port', '70000', '--no-open']);
    let told = '';
    child.stderr.on('data', (text: Buffer) => {
      told += text.toString();
    });
    expect(await once(child, 'close')).toEqual([2, null]);
    expect(told).toContain('It must be a port from 0 to 65535.');
  });
});
