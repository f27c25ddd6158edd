/** The client against a real service, and both against the OpenAPI document. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import {
  type Client,
  createClient,
  type ImageOptions,
  type JobOrder,
  ServiceError,
  type VideoOptions,
} from '#dist/client/index.js';
import type { photoResultSchema } from '#dist/results/result.js';
import type { healthSchema, jobFilesSchema, jobSchema, modelListSchema } from '#dist/results/service.js';
import { type FrameResult, frameResultSchema, type videoSummarySchema } from '#dist/results/video-result.js';
import type { clipQuery, photoQuery } from '#dist/server/query.js';
import type { remoteOrderSchema } from '#dist/server/remote-order.js';
import { serve, type TestService } from './fixtures/service.js';
import { writeShortClip } from './fixtures/short-clip.js';
import { writeTinyModels } from './fixtures/tiny-models.js';

interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: { $ref?: string } }>> }>
  >;
}
interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}
/** What the client did. */
interface Seen {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

let folder: string;
let service: TestService;
let client: Client;
let openapi: Document;
const seen: Seen[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phiz-client-'));
  const models = { ...(await writeTinyModels(join(folder, 'models'))), threads: 1 };
  service = await serve({ dataDir: join(folder, 'data'), models });
  client = createClient(`${service.url}/`, {
    fetch: async (...request) => {
      const response = await fetch(...request);
      const { pathname } = new URL(String(request[0]));
      const type = (response.headers.get('content-type') ?? '').split(';')[0]!;
      const text = await response.clone().text();
      seen.push({ method: request[1]?.method ?? 'GET', path: pathname, status: response.status, type, text });
      return response;
    },
  });
  openapi = (await client.getOpenApi()) as unknown as Document;
});
afterAll(async () => {
  await service[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const operations = () =>
  Object.entries(openapi.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ path, method: method.toUpperCase(), ...operation })),
  );

describe('the document', () => {
  it('is OpenAPI 3.1 and names every call of the client', () => {
    expect(openapi.openapi).toBe('3.1.0');
    const calls = Object.keys(client).filter((name) => name !== 'waitForJob');
    expect(
      operations()
        .map(({ operationId }) => operationId)
        .sort(),
    ).toEqual(calls.sort());
  });

  it('refers only to what it holds', () => {
    const references = [...JSON.stringify(openapi).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map(
      (match) => match[1]!,
    );
    expect(references.length).toBeGreaterThan(10);
    expect(references.filter((name) => openapi.components.schemas[name] === undefined)).toEqual([]);
  });

  it('is what the client does: every path, method and answer', async () => {
    const photo = await client.analyzeImage(await readFile(new URL('../../samples/faces.png', import.meta.url)), {
      maxFaces: 3,
      name: 'me.png',
    });
    expect(photo.source).toBe('me.png');
    const short = join(folder, 'short.mp4');
    await writeShortClip(short, fileURLToPath(new URL('../../samples/expressions.mp4', import.meta.url)), 2);
    const clip = new Blob([await readFile(short)], { type: 'video/mp4' });
    const { id } = await client.createJob(clip, { fps: 1, bars: false });
    const states: string[] = [];
    const job = await client.waitForJob(id, { interval: 50, onProgress: ({ state }) => states.push(state) });
    expect([job.state, states.at(-1)]).toEqual(['done', 'done']);
    const watched: string[] = [];
    for await (const { state } of client.watchJob(id)) watched.push(state);
    expect(watched).toEqual(['done']);
    const summary = await client.getSummary(id);
    const { files } = await client.listFiles(id);
    expect(files.map(({ name }) => name)).toContain('clip.json');
    expect(await new Response(await client.getFile(id, 'clip.json')).json()).toEqual(summary);
    await expect(client.submitJob({ kind: 'clip', input: 'https://example.org/clip.mp4' })).rejects.toMatchObject({
      code: 'invalid-option',
      message: expect.stringContaining('--allow-url'),
    });
    const frames: FrameResult[] = [];
    for await (const frame of client.getFrames(id)) frames.push(frameResultSchema.parse(frame));
    expect(frames).toHaveLength(summary.clip.analysedFrames);
    expect(await client.getTimeline(id)).toContain('timestamp');
    expect(await client.getReport(id)).toContain('<html');
    expect((await new Response(await client.getAnnotated(id)).arrayBuffer()).byteLength).toBeGreaterThan(1000);
    expect((await client.getModels()).cards.map(({ name }) => name)).toContain('emotion');
    expect((await client.getHealth()).status).toBe('ok');
    expect((await client.getReadiness()).status).toBe('ok');
    expect(await client.getMetrics()).toContain('phiz_jobs{state="done"} 1');
    expect(await client.getDocs()).toContain('/v1/images');
    await client.deleteJob(id);
    await expect(client.getJob(id)).rejects.toThrow(ServiceError);

    const reached = new Set<string>();
    for (const { method, path, status, type, text } of seen) {
      const operation = operations().find(
        (one) => one.method === method && new RegExp(`^${one.path.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(path),
      );
      expect(operation, `${method} ${path}`).toBeDefined();
      const answer = operation!.responses[status];
      expect(answer, `${method} ${path}: ${status}`).toBeDefined();
      reached.add(operation!.operationId);
      if (!answer!.content) {
        expect(text).toBe('');
        continue;
      }
      const described = answer!.content[type];
      expect(described, `${method} ${path}: ${type}`).toBeDefined();
      const name = described!.schema.$ref?.split('/').at(-1);
      if (name === undefined) continue;
      const schema = z.fromJSONSchema(openapi.components.schemas[name] as Parameters<typeof z.fromJSONSchema>[0]);
      for (const line of type === 'application/x-ndjson' ? text.trimEnd().split('\n') : [text]) schema.parse(JSON.parse(line));
    }
    expect([...reached].sort()).toEqual(
      operations()
        .map(({ operationId }) => operationId)
        .sort(),
    );
  });

  it('has the options that the client has', () => {
    const options = (operationId: string) =>
      operations()
        .find((one) => one.operationId === operationId)
        ?.parameters?.map(({ name }) => name)
        .sort();
    expect(options('analyzeImage')).toEqual(['detectSize', 'maxFaces', 'minConfidence', 'minFace', 'turn']);
    expectTypeOf<keyof z.output<typeof photoQuery>>().toEqualTypeOf<Exclude<keyof ImageOptions, 'name' | 'signal'>>();
    expectTypeOf<keyof z.output<typeof clipQuery>>().toEqualTypeOf<Exclude<keyof VideoOptions, 'name' | 'signal'>>();
  });

  it('is made from the schemas that the client has its types from', () => {
    expectTypeOf<Client['analyzeImage']>().returns.resolves.toEqualTypeOf<z.output<typeof photoResultSchema>>();
    expectTypeOf<Client['createJob']>().returns.resolves.toEqualTypeOf<z.output<typeof jobSchema>>();
    expectTypeOf<Client['submitJob']>().returns.resolves.toEqualTypeOf<z.output<typeof jobSchema>>();
    expectTypeOf<Client['listFiles']>().returns.resolves.toEqualTypeOf<z.output<typeof jobFilesSchema>>();
    type Given<Kind> = Extract<z.input<typeof remoteOrderSchema>, { kind: Kind }>;
    type Told<Kind> = Extract<JobOrder, { kind: Kind }>;
    type Settings<Order extends { settings?: unknown }> = keyof NonNullable<Order['settings']>;
    expectTypeOf<keyof Told<'clip'>>().toEqualTypeOf<keyof Given<'clip'>>();
    expectTypeOf<keyof Told<'photo-batch'>>().toEqualTypeOf<keyof Given<'photo-batch'>>();
    expectTypeOf<keyof Told<'study'>>().toEqualTypeOf<keyof Given<'study'>>();
    expectTypeOf<Settings<Told<'clip'>>>().toEqualTypeOf<Settings<Given<'clip'>>>();
    expectTypeOf<Settings<Told<'photo-batch'>>>().toEqualTypeOf<Settings<Given<'photo-batch'>>>();
    expectTypeOf<Settings<Told<'study'>>>().toEqualTypeOf<Settings<Given<'study'>>>();
    expectTypeOf<Client['getSummary']>().returns.resolves.toEqualTypeOf<z.output<typeof videoSummarySchema>>();
    expectTypeOf<Client['getModels']>().returns.resolves.toEqualTypeOf<z.output<typeof modelListSchema>>();
    expectTypeOf<Client['getHealth']>().returns.resolves.toEqualTypeOf<z.output<typeof healthSchema>>();
  });
});

describe('a call', () => {
  it('that the service refuses throws its problem', async () => {
    // The checks before keep a busy machine longer than idle connections stay open: first that they are closed has to come through.
    await new Promise((resolve) => setTimeout(resolve, 500));
    const error = await client.analyzeImage(new TextEncoder().encode('no image')).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ServiceError);
    expect(error).toMatchObject({ status: 422, code: 'not-an-image', requestId: expect.stringMatching(/./) });
  });

  it('that something else answers throws too', async () => {
    const odd = createClient('http://localhost', { fetch: async () => new Response('<h1>Bad gateway</h1>', { status: 502 }) });
    await expect(odd.getModels()).rejects.toMatchObject({ status: 502, code: undefined, retryAfter: undefined });
    const busy = createClient('http://localhost', {
      fetch: async () => new Response('{"code":"busy","detail":"later"}', { status: 429, headers: { 'Retry-After': '7' } }),
    });
    await expect(busy.getModels()).rejects.toMatchObject({ code: 'busy', message: 'later', retryAfter: 7 });
  });

  it('can be stopped', async () => {
    await expect(client.getModels({ signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
    const waiting = new AbortController();
    const job = { id: '0', state: 'queued' };
    const slow = createClient('http://localhost', { fetch: async () => Response.json(job) });
    const wait = slow.waitForJob('0', {
      signal: waiting.signal,
      interval: 60_000,
      onProgress: () => setTimeout(() => waiting.abort(new Error('no more'))),
    });
    await expect(wait).rejects.toThrow('no more');
  });
});
