/** GET /v1/jobs/{id}/{summary,frames,timeline.csv,report,annotated}: the results of a job done. */
import { sendFile } from '../file-response.js';
import type { JobPart } from '../job-part.js';
import { COMMON_PROBLEMS, component, problems, SECURITY } from '../openapi.js';
import { jobParams } from '../query.js';
import { PAGE_CSP } from '../security-headers.js';
import { addRoute, type Service, type ServiceApp } from '../service.js';

const text = { type: 'string' } as const;

/** What each part is, for the document. */
const PARTS = {
  summary: {
    operationId: 'getSummary',
    summary: 'What was seen, by person and overall',
    content: { 'application/json': { schema: component('VideoSummary') } },
  },
  frames: {
    operationId: 'getFrames',
    summary: 'One JSON object a line, an analysed frame each',
    content: { 'application/x-ndjson': { schema: component('FrameResult') } },
  },
  'timeline.csv': {
    operationId: 'getTimeline',
    summary: 'A table, one row per face per frame',
    content: { 'text/csv': { schema: text } },
  },
  report: {
    operationId: 'getReport',
    summary: 'The report, one HTML page',
    content: { 'text/html': { schema: text } },
  },
  annotated: {
    operationId: 'getAnnotated',
    summary: 'The clip with its faces marked; takes Range',
    content: { 'video/mp4': { schema: { type: 'string', format: 'binary' } } },
  },
} as const satisfies Record<JobPart, object>;

export function jobResultRoutes(app: ServiceApp, { jobs }: Service): void {
  for (const [name, { operationId, summary, content }] of Object.entries(PARTS)) {
    const part = name as JobPart;
    addRoute(
      app,
      {
        method: 'get',
        path: `/v1/jobs/{id}/${part}`,
        operationId,
        summary,
        security: SECURITY,
        request: { params: jobParams },
        responses: {
          200: { description: summary, content },
          ...(part === 'annotated' ? { 206: { description: 'the range asked for', content } } : {}),
          ...problems('job-not-found', 'job-not-ready', 'job-failed', ...COMMON_PROBLEMS),
          ...(part === 'annotated' ? problems('not-found', 'job-not-found', 'range-not-satisfiable') : {}),
        },
      },
      async (context) => {
        const file = await jobs.result(context.req.param('id')!, part, context.get('caller'));
        return sendFile(context.req.raw, file, part === 'report' ? { 'Content-Security-Policy': PAGE_CSP } : {});
      },
    );
  }
}
