/**
 * A typed client of the HTTP service: `import { createClient } from 'phiz/client'`. Web standards alone (fetch), so it runs in
 * browsers as in Node, and imports nothing of phiz but types. A test holds it against the service's OpenAPI document.
 */
import type { FaceLimits, FollowOptions, LookOptions, TurnOption } from '../results/analysis-options.js';
import type { PhotoResult } from '../results/result.js';
import type { Health, Job, JobFiles, ModelList } from '../results/service.js';
import type { FrameResult, VideoSummary } from '../results/video-result.js';
import { readEvents, readLines } from './ndjson.js';
import { ServiceError } from './service-error.js';

export type { PhotoResult } from '../results/result.js';
export type { Health, Job, JobFiles, ModelList, ProblemCode } from '../results/service.js';
export type { FrameResult, VideoSummary } from '../results/video-result.js';
export { ServiceError } from './service-error.js';

/** How the service is reached. */
export interface ClientOptions {
  /** A key of the service, where it asks for one. */
  readonly apiKey?: string | undefined;
  /** What fetches; default: the platform's. */
  readonly fetch?: typeof fetch | undefined;
}

/** Options of every call. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

/** Options of the analysis of a photo. */
export interface ImageOptions extends FaceLimits, LookOptions, TurnOption, CallOptions {
  /** What the result calls the photo; default: a File's own name. */
  readonly name?: string | undefined;
}

/** Options of the analysis of a clip. */
export interface VideoOptions extends FaceLimits, FollowOptions, CallOptions {
  readonly annotated?: boolean | undefined;
  readonly bars?: boolean | undefined;
  readonly blur?: boolean | undefined;
  readonly name?: string | undefined;
}

/** A clip, photos or a study whose files lie where the service fetches them: `https://…` or `s3://bucket/key`, where it allows that. */
export type JobOrder =
  | {
      readonly kind: 'clip';
      readonly input: string;
      readonly settings?: (FaceLimits & FollowOptions & { readonly [Name in DrawOption]?: boolean | undefined }) | undefined;
    }
  | {
      readonly kind: 'photo-batch';
      /** At most 50. */
      readonly inputs: readonly string[];
      readonly settings?: (FaceLimits & { readonly blur?: boolean | undefined }) | undefined;
    }
  | {
      readonly kind: 'study';
      readonly title?: string | undefined;
      /** As `phiz study` has it in JSON, each file an address. */
      readonly design: object;
      /** CSV of what a person coded. */
      readonly coded?: string | undefined;
      readonly settings?: (FaceLimits & FollowOptions) | undefined;
      /** Options of `phiz study`: outcomes, primary and so on. */
      readonly sums?: Readonly<Record<string, unknown>> | undefined;
    };
type DrawOption = 'annotated' | 'bars' | 'blur';

/** How a job is waited for. */
export interface WaitOptions extends CallOptions {
  /** Milliseconds between two questions; default 500. */
  readonly interval?: number | undefined;
  /** Told of every answer. */
  readonly onProgress?: ((job: Job) => void) | undefined;
}

/** What can be uploaded: a File or Blob, or the bytes of one. */
export type Upload = Blob | Uint8Array | ArrayBuffer;

/** All calls throw {@link ServiceError} where the service answers with a problem, and what fetch throws where it cannot be reached. */
export interface Client {
  analyzeImage(image: Upload, options?: ImageOptions): Promise<PhotoResult>;
  createJob(video: Upload, options?: VideoOptions): Promise<Job>;
  /** The same by addresses of files, also for photos and studies. */
  submitJob(order: JobOrder, options?: CallOptions): Promise<Job>;
  getJob(id: string, options?: CallOptions): Promise<Job>;
  /** Asks until the job has ended: look at its `state`. */
  waitForJob(id: string, options?: WaitOptions): Promise<Job>;
  /** The job whenever it moved, until it has ended or is deleted; without asking again and again. */
  watchJob(id: string, options?: CallOptions): AsyncGenerator<Job, void, undefined>;
  deleteJob(id: string, options?: CallOptions): Promise<void>;
  getSummary(id: string, options?: CallOptions): Promise<VideoSummary>;
  /** The frames one by one, as they come in. */
  getFrames(id: string, options?: CallOptions): AsyncGenerator<FrameResult, void, undefined>;
  /** The table, as CSV. */
  getTimeline(id: string, options?: CallOptions): Promise<string>;
  /** The report, as HTML. */
  getReport(id: string, options?: CallOptions): Promise<string>;
  /** The annotated clip, an MP4 to be read as it comes. */
  getAnnotated(id: string, options?: CallOptions): Promise<ReadableStream<Uint8Array>>;
  /** All files of the results, of jobs of any kind. */
  listFiles(id: string, options?: CallOptions): Promise<JobFiles>;
  /** One of them, by its name there, to be read as it comes. */
  getFile(id: string, name: string, options?: CallOptions): Promise<ReadableStream<Uint8Array>>;
  getModels(options?: CallOptions): Promise<ModelList>;
  getHealth(options?: CallOptions): Promise<Health>;
  /** Does not throw where the service is not ready: its `status` says so. */
  getReadiness(options?: CallOptions): Promise<Health>;
  /** Figures, in Prometheus' text format. */
  getMetrics(options?: CallOptions): Promise<string>;
  getOpenApi(options?: CallOptions): Promise<Record<string, unknown>>;
  getDocs(options?: CallOptions): Promise<string>;
}

/**
 * A client of the service at `url`.
 *
 * @example
 * const client = createClient('http://127.0.0.1:8080');
 * const { faces } = await client.analyzeImage(file);
 */
export function createClient(url: string | URL, { apiKey, fetch: given }: ClientOptions = {}): Client {
  const base = String(url).replace(/\/+$/, '');
  const send = given ?? ((...request: Parameters<typeof fetch>) => fetch(...request));

  const call = async (method: string, path: string, options: CallOptions & { body?: Body; type?: string } = {}) => {
    const { signal, body, type } = options;
    const headers = {
      ...(apiKey === undefined ? {} : { Authorization: `Bearer ${apiKey}` }),
      ...(type === undefined ? {} : { 'Content-Type': type }),
    };
    return send(`${base}${path}`, { method, headers, body: body ?? null, signal: signal ?? null });
  };
  const ask = async (...request: Parameters<typeof call>): Promise<Response> => {
    const response = await call(...request);
    if (!response.ok) throw await ServiceError.from(response);
    return response;
  };
  const json = async <T>(...request: Parameters<typeof call>): Promise<T> => (await (await ask(...request)).json()) as T;
  const text = async (...request: Parameters<typeof call>): Promise<string> => (await ask(...request)).text();
  const upload = <T>(path: string, file: Upload, { signal, name, ...options }: ImageOptions | VideoOptions): Promise<T> =>
    json<T>('POST', `${path}${queryOf(options)}`, { signal, ...bodyOf(file, name) });
  const job = (id: string, part = ''): string => `/v1/jobs/${encodeURIComponent(id)}${part}`;

  const client: Client = {
    analyzeImage: (image, options = {}) => upload('/v1/images', image, options),
    createJob: (video, options = {}) => upload('/v1/videos', video, options),
    submitJob: (order, options) =>
      json('POST', '/v1/jobs', { ...options, body: JSON.stringify(order), type: 'application/json' }),
    getJob: (id, options) => json('GET', job(id), options),
    async waitForJob(id, { interval = 500, onProgress, signal } = {}) {
      for (;;) {
        const state = await client.getJob(id, { signal });
        onProgress?.(state);
        if (state.state === 'done' || state.state === 'failed') return state;
        await pause(interval, signal);
      }
    },
    async *watchJob(id, options) {
      const { body } = await ask('GET', job(id, '/events'), options);
      if (body) yield* readEvents<Job>(body);
    },
    async deleteJob(id, options) {
      await ask('DELETE', job(id), options);
    },
    getSummary: (id, options) => json('GET', job(id, '/summary'), options),
    async *getFrames(id, options) {
      const { body } = await ask('GET', job(id, '/frames'), options);
      if (body) yield* readLines<FrameResult>(body);
    },
    getTimeline: (id, options) => text('GET', job(id, '/timeline.csv'), options),
    getReport: (id, options) => text('GET', job(id, '/report'), options),
    async getAnnotated(id, options) {
      const { body } = await ask('GET', job(id, '/annotated'), options);
      return body ?? new ReadableStream();
    },
    listFiles: (id, options) => json('GET', job(id, '/files'), options),
    async getFile(id, name, options) {
      const { body } = await ask('GET', job(id, `/files/${encodeURIComponent(name)}`), options);
      return body ?? new ReadableStream();
    },
    getModels: (options) => json('GET', '/v1/models', options),
    getHealth: (options) => json('GET', '/healthz', options),
    async getReadiness(options) {
      const response = await call('GET', '/readyz', options);
      if (!response.ok && response.status !== 503) throw await ServiceError.from(response);
      return (await response.json()) as Health;
    },
    getMetrics: (options) => text('GET', '/metrics', options),
    getOpenApi: (options) => json('GET', '/openapi.json', options),
    getDocs: (options) => text('GET', '/docs', options),
  };
  return client;
}

type Body = NonNullable<RequestInit['body']>;

function queryOf(options: Readonly<Record<string, unknown>>): string {
  const given: [string, string][] = [];
  for (const [name, value] of Object.entries(options)) if (value !== undefined) given.push([name, String(value)]);
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`;
}

/** The file itself, or a form where it has a name. */
function bodyOf(file: Upload, name: string | undefined): { body: Body; type?: string } {
  const blob = file instanceof Blob ? file : new Blob([file as Uint8Array<ArrayBuffer>]);
  const called = name ?? (blob as { readonly name?: string }).name;
  if (called === undefined) return { body: blob, type: blob.type || 'application/octet-stream' };
  const form = new FormData();
  form.set('file', blob, called);
  return { body: form };
}

function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    if (signal?.aborted) return reject(signal.reason);
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, milliseconds);
    signal?.addEventListener('abort', stop, { once: true });
  });
}
