/**
 * The files of the web page by their path under its address: the built page (dist/web), the models and ONNX Runtime for the web, the
 * last two from where they lie in the installation. Only these are known, so no path leads elsewhere. Over HTTP: static-page.ts.
 */
import { readdirSync, statSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { missingPackage } from '../files/missing-package.js';
import { MODELS_DIRECTORY } from '../models/models.js';

/** Where the built page lies. */
export const PAGE_DIRECTORY: string = fileURLToPath(new URL('../../web/', import.meta.url));

export interface PageFile {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** MIME type. */
  readonly type: string;
  /** Changes with the content. */
  readonly version: string;
  /** Its name holds a hash of its content. */
  readonly immutable: boolean;
}

export interface PageFiles {
  /** The file at a path such as '/' or '/models/age.onnx'; undefined where there is none. */
  read(path: string): Promise<PageFile | undefined>;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
  '.onnx': 'application/octet-stream',
};

/** The builds of ONNX Runtime that the page loads one of: WebAssembly, WebGPU. */
const RUNTIME = ['ort-wasm-simd-threaded', 'ort-wasm-simd-threaded.asyncify'];

/**
 * Looks for the files. Without `page` only models and runtime are known, for a page that another server gives. Throws as
 * `runtimeFolder`.
 */
export function openPageFiles({ page = true }: { readonly page?: boolean } = {}): PageFiles {
  const places = new Map<string, string>();
  const runtime = runtimeFolder();
  if (page)
    for (const name of filesIn(PAGE_DIRECTORY)) places.set(name === 'index.html' ? '/' : `/${name}`, join(PAGE_DIRECTORY, name));
  for (const name of filesIn(MODELS_DIRECTORY)) places.set(`/models/${name}`, join(MODELS_DIRECTORY, name));
  for (const build of RUNTIME)
    for (const ending of ['mjs', 'wasm']) places.set(`/ort/${build}.${ending}`, join(runtime, `${build}.${ending}`));
  return {
    async read(path) {
      const place = places.get(path);
      if (place === undefined) return undefined;
      const [bytes, { mtimeMs, size }] = await Promise.all([readFile(place), stat(place)]);
      const type = TYPES[extname(place)] ?? 'application/octet-stream';
      return {
        bytes,
        type,
        version: `${Math.round(mtimeMs).toString(36)}-${size.toString(36)}`,
        immutable: path.startsWith('/assets/'),
      };
    },
  };
}

/** Files of known types in a folder and below, by their paths with slashes; none where there is no folder. */
function filesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => TYPES[extname(name)] !== undefined && statSync(join(folder, name)).isFile())
      .map((name) => name.replaceAll('\\', '/'));
  } catch {
    return [];
  }
}

/**
 * Where ONNX Runtime for the web, an optional peer, has the files that pages load. Throws PhizError `engine-unavailable` where it is not
 * installed.
 */
export function runtimeFolder(): string {
  try {
    return dirname(fileURLToPath(import.meta.resolve('onnxruntime-web/wasm')));
  } catch (cause) {
    throw missingPackage('the page needs', ['onnxruntime-web'], cause);
  }
}
