/** What stands at `/` where the web page was not built or lacks what it runs on: a plain notice. */
import { createHash } from 'node:crypto';
import { DATA_CSP } from './security-headers.js';
import type { PageServer } from './service.js';

const STYLE = 'body{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem;color-scheme:light dark}';
const CSP = `${DATA_CSP}; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`;
const PAGE = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>phiz</title>
<style>${STYLE}</style></head>
<body><h1>phiz</h1><p>The service runs. <a href="/docs">/docs</a> says what it can do. The page for camera, photos and clips is not here:
<code>phiz webcam</code> says what it lacks, or builds it in a checkout of the repository.</p></body></html>
`;

export const noticePage: PageServer = async (request) =>
  new URL(request.url).pathname === '/'
    ? new Response(PAGE, { headers: { 'Content-Type': 'text/html; charset=utf-8', 'Content-Security-Policy': CSP } })
    : undefined;
