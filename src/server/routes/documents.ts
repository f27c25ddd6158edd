/** GET /openapi.json and /docs: what the service can do, for programs and for people. */
import { docsPage } from '../docs-page.js';
import { documentOf } from '../openapi.js';
import { addRoute, type Service, type ServiceApp } from '../service.js';

export function documentRoutes(app: ServiceApp, { version }: Service): void {
  // Made once, when all routes are there: anybody may ask for them, as often as they like.
  let document: ReturnType<typeof documentOf> | undefined;
  let page: ReturnType<typeof docsPage> | undefined;
  const get = () => (document ??= documentOf(app, version));
  addRoute(
    app,
    {
      method: 'get',
      path: '/openapi.json',
      operationId: 'getOpenApi',
      summary: 'This document',
      responses: { 200: { description: 'OpenAPI 3.1', content: { 'application/json': { schema: { type: 'object' } } } } },
    },
    (context) => context.json(get()),
  );
  addRoute(
    app,
    {
      method: 'get',
      path: '/docs',
      operationId: 'getDocs',
      summary: 'This document as a page',
      responses: { 200: { description: 'a page', content: { 'text/html': { schema: { type: 'string' } } } } },
    },
    (context) => {
      page ??= docsPage(get());
      const { markup, csp } = page;
      return context.html(markup, 200, { 'Content-Security-Policy': csp });
    },
  );
}
