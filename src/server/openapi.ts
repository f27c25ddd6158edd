/** The OpenAPI 3.1 document: its components, made of the schemas in src/core, and what all routes say alike. */
import type { RouteConfig } from '@hono/zod-openapi';
import { z } from 'zod';
import { judgedInWords } from '../report/judged.js';
import { photoResultSchema } from '../results/result.js';
import { healthSchema, jobFilesSchema, jobSchema, modelListSchema, type ProblemCode, problemSchema } from '../results/service.js';
import { frameResultSchema, videoSummarySchema } from '../results/video-result.js';
import { statusOf } from './problem.js';
import type { ServiceApp } from './service.js';

const COMPONENTS = {
  PhotoResult: photoResultSchema,
  FrameResult: frameResultSchema,
  VideoSummary: videoSummarySchema,
  Job: jobSchema,
  JobFiles: jobFilesSchema,
  ModelList: modelListSchema,
  Health: healthSchema,
  Problem: problemSchema,
} as const;
export type ComponentName = keyof typeof COMPONENTS;

/** A reference to one of the components. */
export function component(name: ComponentName) {
  return { $ref: `#/components/schemas/${name}` };
}

/** Enters the components and the ways to give a key. */
export function registerComponents({ openAPIRegistry }: ServiceApp): void {
  for (const [name, schema] of Object.entries(COMPONENTS)) {
    // OpenAPI 3.1 is JSON Schema 2020-12, so the published schemas stand in it as they are.
    const { $schema, ...json } = z.toJSONSchema(schema, { target: 'draft-2020-12' });
    openAPIRegistry.registerComponent('schemas', name, json as Parameters<typeof openAPIRegistry.registerComponent>[2]);
  }
  openAPIRegistry.registerComponent('securitySchemes', 'bearer', { type: 'http', scheme: 'bearer' });
  openAPIRegistry.registerComponent('securitySchemes', 'apiKey', { type: 'apiKey', in: 'header', name: 'X-API-Key' });
}

/** For routes behind the key, where the service has one. */
export const SECURITY = [{ bearer: [] }, { apiKey: [] }, {}];

/** A JSON answer. */
export function jsonResponse(description: string, name: ComponentName) {
  return { description, content: { 'application/json': { schema: component(name) } } };
}

/** The answers for these problems, by status. */
export function problems(...codes: readonly ProblemCode[]): RouteConfig['responses'] {
  const byStatus = new Map<number, string[]>();
  for (const code of codes) byStatus.set(statusOf(code), [...(byStatus.get(statusOf(code)) ?? []), code]);
  return Object.fromEntries(
    [...byStatus].map(([status, named]) => [
      status,
      {
        description: named.map((code) => `\`${code}\``).join(', '),
        content: { 'application/problem+json': { schema: component('Problem') } },
      },
    ]),
  );
}

/** What every route behind the key may answer. */
export const COMMON_PROBLEMS: readonly ProblemCode[] = [
  'unauthorized',
  'host-not-allowed',
  'origin-not-allowed',
  'internal-error',
];

/** The body of an upload: the file itself, or a form with one part. */
export function uploadBody(kind: 'image' | 'video'): NonNullable<NonNullable<RouteConfig['request']>['body']> {
  const binary = { type: 'string', format: 'binary' } as const;
  return {
    required: true,
    description: `the ${kind}: the file itself as the body, or a form with it in the one part \`file\``,
    content: {
      [`${kind}/*`]: { schema: binary },
      'application/octet-stream': { schema: binary },
      'multipart/form-data': { schema: { type: 'object', properties: { file: binary }, required: ['file'] } },
    },
  };
}

/** The document of all that is mounted on the app. */
export function documentOf(app: ServiceApp, version: string) {
  return app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'phiz',
      version,
      description: `Finds the faces in photos and clips and judges ${judgedInWords()}. Errors are RFC 9457 problems with stable codes.`,
    },
    servers: [{ url: '/' }],
  });
}
