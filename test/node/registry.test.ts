import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadModel } from '#dist/node/models/models.js';
import { pullModel } from '#dist/node/models/pull-model.js';
import { cacheFolder, listPulled, pulledFiles } from '#dist/node/models/pulled-files.js';
import { REGISTRY, REGISTRY_NAMES } from '#dist/node/models/registry.js';
import { needs } from './needs.js';

const weights = needs.weights();
const YUNET = 'yunet_n_dynamic.onnx';
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phiz-registry-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A new folder's path. */
let count = 0;
const fresh = (): string => join(folder, `cache${count++}`);

async function put(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
}

/** Runs `use` beside a server that answers with `listener`. */
async function serving<T>(listener: RequestListener, use: (url: string) => Promise<T>): Promise<T> {
  const server: Server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

describe('the registry', () => {
  it('names each file once, at an https home', () => {
    const files = REGISTRY_NAMES.flatMap((name) => Object.entries(REGISTRY[name].files));
    expect(new Set(files.map(([file]) => file)).size).toBe(files.length);
    for (const [file, { url, sha256 }] of files) {
      expect(url).toMatch(/^https:\/\//);
      expect(url.endsWith(`/${file}`)).toBe(true);
      expect(sha256).toMatch(/^[0-9a-f]{64}$/);
    }
  });

  it.skipIf(!weights)('agrees with the sums of the files at hand', async () => {
    // SCRFD teaches our own detector and is never offered.
    const lines = (await readFile(join(weights!, 'SHA256SUMS'), 'utf8')).trim().split('\n');
    const sums = lines.filter((line) => !line.includes('  scrfd/'));
    const listed = REGISTRY_NAMES.flatMap((name) =>
      Object.entries(REGISTRY[name].files).map(([file, { sha256 }]) => `${sha256}  ${REGISTRY[name].folder}/${file}`),
    );
    expect(listed.sort()).toEqual(sums.sort());
    for (const name of REGISTRY_NAMES)
      for (const [file, { bytes }] of Object.entries(REGISTRY[name].files))
        expect((await readFile(join(weights!, REGISTRY[name].folder, file))).length).toBe(bytes);
  });
});

describe('the cache', () => {
  it('is PHIZ_CACHE, or among the caches of the system', () => {
    expect(cacheFolder({ PHIZ_CACHE: '/a/b' }, 'linux')).toBe('/a/b');
    expect(cacheFolder({ XDG_CACHE_HOME: '/x' }, 'linux')).toBe('/x/phiz');
    expect(cacheFolder({ XDG_CACHE_HOME: 'x' }, 'linux')).toMatch(/\/\.cache\/phiz$/);
    expect(cacheFolder({}, 'linux')).toMatch(/\/\.cache\/phiz$/);
    expect(cacheFolder({ XDG_CACHE_HOME: '/x' }, 'darwin')).toMatch(/\/Library\/Caches\/phiz$/);
    expect(cacheFolder({ LOCALAPPDATA: '/local' }, 'win32')).toBe(join('/local', 'phiz', 'Cache'));
  });

  it('says how to get what is not there, and what to do about a damaged file', async () => {
    const cache = fresh();
    expect(await listPulled(cache)).toEqual([]);
    await expect(pulledFiles('haar', cache)).rejects.toMatchObject({
      code: 'model-not-found',
      message: expect.stringMatching(/run: phiz models pull haar$/),
    });
    await put(join(cache, 'yunet', YUNET), 'torn');
    await expect(pulledFiles('yunet', cache)).rejects.toMatchObject({
      code: 'model-damaged',
      message: expect.stringMatching(/yunet_n_dynamic\.onnx is damaged.*run: phiz models pull yunet$/),
    });
  });

  it('is where loadModel points to for names of other people', async () => {
    await expect(loadModel('haar')).rejects.toMatchObject({ code: 'model-mismatch', message: expect.stringMatching(/detector/) });
    await expect(loadModel('mini-xception')).rejects.toThrow(/phiz models pull mini-xception.*phiz import/);
  });
});

describe('pulling', () => {
  it('refuses unknown names, sources without the file, and other files, and stores nothing', async () => {
    const cache = fresh();
    const source = fresh();
    await put(join(source, YUNET), 'not YuNet');
    const attempt = (name: string, from: string) => pullModel(name, { from, cache });
    await expect(attempt('yolo', source)).rejects.toMatchObject({
      code: 'model-not-found',
      message: expect.stringMatching(/known: yunet/),
    });
    await expect(attempt('haar', source)).rejects.toMatchObject({
      code: 'model-not-found',
      message: expect.stringMatching(/looked for .* and /),
    });
    await expect(attempt('yunet', source)).rejects.toMatchObject({
      code: 'model-damaged',
      message: expect.stringMatching(/not the file that phiz knows \(9 bytes, sha256 .*wanted 322906 bytes/),
    });
    await expect(readdir(cache)).rejects.toThrow(/ENOENT/);
  });

  it.each([
    ['a missing file', 404, '', 'model-not-found', /looked for http/],
    ['a failing server', 503, '', 'download-failed', /answers 503.*phiz models pull yunet --from DIR/],
    ['another file', 200, 'hello', 'model-damaged', /5 bytes/],
    ['a file without end', 200, 'x'.repeat(1_000_000), 'download-failed', /larger than 645812 bytes/],
  ] as const)('meets %s on the network with a clear error', async (_, status, body, code, message) => {
    const answer: RequestListener = (_request, response) => response.writeHead(status).end(body);
    await serving(answer, async (from) => {
      await expect(pullModel('yunet', { from, cache: fresh() })).rejects.toMatchObject({
        code,
        message: expect.stringMatching(message),
      });
    });
  });

  it('gives up on a server that is silent or not there, and when told to', async () => {
    const cache = fresh();
    await serving(
      () => {},
      async (from) => {
        const late = pullModel('yunet', { from, cache, timeout: 0.05 });
        await expect(late).rejects.toMatchObject({ code: 'download-failed', message: expect.stringMatching(/within 0\.05 s/) });
        const controller = new AbortController();
        const stopped = pullModel('yunet', {
          from,
          cache,
          signal: controller.signal,
          onFile: () => setTimeout(() => controller.abort()),
        });
        await expect(stopped).rejects.toMatchObject({ code: 'aborted' });
      },
    );
    const gone = await serving(
      () => {},
      async (from) => from,
    );
    const refused = pullModel('yunet', { from: gone, cache });
    await expect(refused).rejects.toMatchObject({ code: 'download-failed', message: expect.stringMatching(/ECONNREFUSED/) });
  });

  describe.skipIf(!weights)('the models at hand', () => {
    const local = (name: keyof typeof REGISTRY) => join(weights!, REGISTRY[name].folder);

    it('copies them from a folder of folders, and leaves alone what is there', async () => {
      const cache = fresh();
      const { stored } = await pullModel('mtcnn', { from: weights!, cache });
      expect(stored).toHaveLength(6);
      expect(await listPulled(cache)).toEqual(['mtcnn']);
      const files = await pulledFiles('mtcnn', cache);
      expect(Object.keys(files).sort()).toEqual((await readdir(local('mtcnn'))).sort());
      expect(Object.values(files).sort()).toEqual([...stored].sort());
      expect((await pullModel('mtcnn', { from: '/nowhere', cache })).stored).toEqual([]);
      // A damaged one is fetched again, alone.
      await writeFile(files['det2.caffemodel'], 'torn');
      expect((await pullModel('mtcnn', { from: local('mtcnn'), cache })).stored).toEqual([files['det2.caffemodel']]);
      expect((await readdir(join(cache, 'mtcnn'))).length).toBe(6);
    });

    it('stores none of a model of which one file is wrong', async () => {
      const cache = fresh();
      const source = fresh();
      for (const file of await readdir(local('mtcnn'))) await put(join(source, file), await readFile(join(local('mtcnn'), file)));
      await writeFile(join(source, 'det3.caffemodel'), 'wrong');
      await expect(pullModel('mtcnn', { from: source, cache })).rejects.toMatchObject({ code: 'model-damaged' });
      await expect(readdir(cache)).rejects.toThrow(/ENOENT/);
    });

    it('fetches them over the network, through redirects, from a folder on a server', async () => {
      const cache = fresh();
      const answer: RequestListener = async ({ url }, response) => {
        const path = /^\/moved\/mirror\/([\w./-]+)$/.exec(url!)?.[1];
        if (!path) return response.writeHead(302, { location: `/moved${url}` }).end();
        const bytes = await readFile(join(local('haar'), path)).catch(() => undefined);
        return response.writeHead(bytes ? 200 : 404).end(bytes);
      };
      const { stored } = await serving(answer, (from) => pullModel('haar', { from: `${from}/mirror/`, cache }));
      expect(stored).toHaveLength(1);
      const listed = REGISTRY.haar.files['haarcascade_frontalface_default.xml'].sha256;
      expect(
        createHash('sha256')
          .update(await readFile(stored[0]!))
          .digest('hex'),
      ).toBe(listed);
    });

    it('takes a text with other line ends, and stores the one it knows', async () => {
      const cache = fresh();
      const source = fresh();
      const [pb, pbtxt] = ['opencv_face_detector_uint8.pb', 'opencv_face_detector.pbtxt'] as const;
      await put(join(source, pb), await readFile(join(local('opencv-ssd'), pb)));
      const text = await readFile(join(local('opencv-ssd'), pbtxt), 'utf8');
      await put(join(source, pbtxt), `${text.replaceAll('\n', '\r\n')}\r\n`);
      await pullModel('opencv-ssd', { from: source, cache });
      const files = await pulledFiles('opencv-ssd', cache);
      expect(
        createHash('sha256')
          .update(await readFile(files[pbtxt]))
          .digest('hex'),
      ).toBe(REGISTRY['opencv-ssd'].files[pbtxt].sha256);
      await writeFile(join(source, pbtxt), text.replace('conv1_h', 'conv2_h'));
      await expect(pullModel('opencv-ssd', { from: source, cache: fresh() })).rejects.toMatchObject({ code: 'model-damaged' });
    });
  });
});
