/**
 * How the page is built, into dist/web, and served while it is being written. The page imports the built library (#dist/…). What it
 * fetches at run time, models and ONNX Runtime, is not copied: the server (src/node/page/static-page.ts) gives it from where it lies, and
 * so does `npm run web` here.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';

const root = fileURLToPath(new URL('.', import.meta.url));

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };

/** With these headers the page is isolated, and ONNX Runtime may use threads. */
const ISOLATION = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

/** Serves models/ and ort/ while developing, as src/node/page/static-page.ts does later. */
function runtimeFiles(): Plugin {
  return {
    name: 'phiz-runtime-files',
    async configureServer(server) {
      const { openPageFiles } = await import('../dist/node/page/page-files.js');
      const files = openPageFiles({ page: false });
      server.middlewares.use(async (request, response, next) => {
        const found = await files.read(new URL(request.url ?? '/', 'http://localhost').pathname);
        if (!found) return next();
        response.writeHead(200, { ...ISOLATION, 'Content-Type': found.type });
        response.end(found.bytes);
      });
    },
  };
}

export default defineConfig({
  root,
  base: './',
  publicDir: false,
  define: { PHIZ_VERSION: JSON.stringify(version) },
  plugins: [runtimeFiles()],
  resolve: {
    alias: {
      // Plots are drawn in the browser's own document.
      linkedom: `${root}browser-document.ts`,
    },
    // Without the copy of the loader that is baked into ONNX Runtime's other builds; the loader lies in ort/.
    conditions: ['onnxruntime-web-use-extern-wasm', 'browser', 'module', 'import', 'default'],
  },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  worker: { format: 'es' },
  optimizeDeps: { exclude: ['onnxruntime-web'] },
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    target: 'es2023',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // mediabunny, loaded with the first clip.
    chunkSizeWarningLimit: 1000,
  },
  server: { host: '127.0.0.1', headers: ISOLATION, fs: { allow: ['..'] } },
  preview: { host: '127.0.0.1', headers: ISOLATION },
});
