/** The OpenAPI document as one page that people can read: no script, nothing loaded from anywhere. */
import { createHash } from 'node:crypto';
import { type Html, html, trusted } from '../report/pages/html.js';
import type { documentOf } from './openapi.js';
import { DATA_CSP } from './security-headers.js';

type Document = ReturnType<typeof documentOf>;

const STYLE = `
:root{color-scheme:light dark;--ground:#fff;--card:#f4f5f7;--line:#d5d8de;--text:#1c1e22;--quiet:#555b66;--link:#0b57a4}
@media (prefers-color-scheme:dark){:root{--ground:#15171b;--card:#1f2228;--line:#3a3f49;--text:#e8eaee;--quiet:#a6adba;--link:#8ec2ff}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--text);font:16px/1.55 system-ui,sans-serif}
main{max-width:58rem;margin:0 auto;padding:2rem 1rem}
h1{font-size:1.75rem;margin:0 0 .5rem}
h2{font-size:1.3rem;margin:2.5rem 0 .5rem;border-top:1px solid var(--line);padding-top:1.5rem}
h3{font-size:1.05rem;margin:1.75rem 0 .25rem;overflow-wrap:anywhere}
p{margin:.4rem 0;max-width:46rem}
a{color:var(--link)}
code,pre{font:.9em ui-monospace,Consolas,"DejaVu Sans Mono",monospace}
code{overflow-wrap:anywhere}
pre{overflow-x:auto;background:var(--card);padding:.75rem 1rem;border-radius:.5rem}
.method{display:inline-block;min-width:3.6rem;font-weight:700}
.quiet{color:var(--quiet)}
.scroll{overflow-x:auto}
table{border-collapse:collapse;margin:.5rem 0}
th,td{text-align:left;vertical-align:top;padding:.25rem 1rem .25rem 0;border-bottom:1px solid var(--line)}
th{color:var(--quiet);font-weight:600;font-size:.9rem}
summary{cursor:pointer}
`;

const CSP = `${DATA_CSP}; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`;

/** The page, and the policy under which it may be shown. */
export function docsPage({ info, paths = {}, components }: Document): { readonly markup: string; readonly csp: string } {
  const operations = Object.entries(paths).flatMap(([path, item]) =>
    (['get', 'post', 'delete'] as const).flatMap((method) => {
      const operation = item[method];
      return operation ? [operationPart(method, path, operation)] : [];
    }),
  );
  const schemas = Object.entries(components?.schemas ?? {}).map(
    ([name, schema]) =>
      html`<details id="${name}"><summary><code>${name}</code></summary><pre>${JSON.stringify(schema, undefined, 2)}</pre></details>`,
  );
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${info.title} ${info.version}: HTTP service</title><style>${trusted(STYLE)}</style></head>
<body><main><h1>${info.title} ${info.version}: HTTP service</h1>
<p>${info.description}</p>
<p class="quiet">For programs: <a href="/openapi.json">/openapi.json</a> (OpenAPI 3.1).</p>
<h2>Routes</h2>${operations}
<h2>Schemas</h2>${schemas}
</main></body></html>`;
  return { markup: page.markup, csp: CSP };
}

/** As much of an operation as the page shows. */
interface Operation {
  readonly summary?: string;
  readonly description?: string;
  readonly security?: unknown;
  readonly parameters?: readonly object[];
  readonly requestBody?: object;
  readonly responses?: object;
}
interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly description?: string;
  readonly schema?: { readonly description?: string };
}
interface Answer {
  readonly description?: string;
  readonly content?: Readonly<Record<string, { readonly schema?: { readonly $ref?: string } }>>;
}

function operationPart(method: string, path: string, operation: Operation): Html {
  const parameters = (operation.parameters ?? []) as readonly Parameter[];
  const body = operation.requestBody as Answer | undefined;
  const answers = Object.entries((operation.responses ?? {}) as Record<string, Answer>);
  return html`<section><h3><span class="method">${method.toUpperCase()}</span> <code>${path}</code></h3>
<p>${operation.summary}.${operation.description ? ` ${operation.description}` : ''}${operation.security ? ' Needs the API key, where there is one.' : ''}</p>
${
  parameters.length > 0 &&
  html`<div class="scroll"><table><thead><tr><th>Parameter</th><th>In</th><th></th></tr></thead><tbody>${parameters.map(
    ({ name, in: place, description, schema }) =>
      html`<tr><td><code>${name}</code></td><td>${place}</td><td>${plain(description ?? schema?.description)}</td></tr>`,
  )}</tbody></table></div>`
}
${body && html`<p>Body: ${plain(body.description)} (${list(Object.keys(body.content ?? {}))})</p>`}
<div class="scroll"><table><thead><tr><th>Status</th><th>Answer</th><th>Type</th></tr></thead><tbody>${answers.map(
    ([status, { description, content = {} }]) =>
      html`<tr><td>${status}</td><td>${plain(description)}</td><td>${Object.entries(content).map(typeOf)}</td></tr>`,
  )}</tbody></table></div></section>`;
}

function list(types: readonly string[]): readonly Html[] {
  return types.map((type, i) => html`${i > 0 && ', '}<code>${type}</code>`);
}

function typeOf([type, { schema }]: readonly [string, { readonly schema?: { readonly $ref?: string } }]): Html {
  const name = schema?.$ref?.split('/').at(-1);
  return html`<code>${type}</code>${name && html` <a href="#${name}">${name}</a>`}`;
}

/** Descriptions mark names by backticks, which the page does without. */
function plain(description: string | undefined): string | undefined {
  return description?.replaceAll('`', '');
}
