/** GET /v1/jobs/{id}/files and /v1/jobs/{id}/files/{name}: all that came of a job, whatever its kind. */
import { z } from 'zod';
import { sendFile } from '../file-response.js';
import { COMMON_PROBLEMS, jsonResponse, problems, SECURITY } from '../openapi.js';
import { jobParams } from '../query.js';
import { PAGE_CSP } from '../security-headers.js';
import { addRoute, type Service, type ServiceApp } from '../service.js';

const fileParams = jobParams.extend({ name: z.string().describe('name of the file, its / written as %2F') });
const binary = { type: 'string', format: 'binary' } as const;
/** What a file may be, for the document. */
const content = Object.fromEntries(['*/*', 'application/json', 'text/csv'].map((type) => [type, { schema: binary }]));

export function jobFilesRoutes(app: ServiceApp, { jobs }: Service): void {
  addRoute(
    app,
    {
      method: 'get',
      path: '/v1/jobs/{id}/files',
      operationId: 'listFiles',
      summary: 'The files of the results',
      security: SECURITY,
      request: { params: jobParams },
      responses: {
        200: jsonResponse('the files', 'JobFiles'),
        ...problems('job-not-found', 'job-not-ready', 'job-failed', ...COMMON_PROBLEMS),
      },
    },
    async (context) => context.json(await jobs.files(context.req.param('id')!, context.get('caller'))),
  );
  addRoute(
    app,
    {
      method: 'get',
      path: '/v1/jobs/{id}/files/{name}',
      operationId: 'getFile',
      summary: 'One of the files of the results; takes Range',
      security: SECURITY,
      request: { params: fileParams },
      responses: {
        200: { description: 'the file', content },
        206: { description: 'the range asked for', content },
        ...problems('job-not-found', 'not-found', 'job-not-ready', 'job-failed', 'range-not-satisfiable', ...COMMON_PROBLEMS),
      },
    },
    async (context) => {
      const { id, name } = { id: context.req.param('id')!, name: context.req.param('name')! };
      const file = await jobs.file(id, name, context.get('caller'));
      return sendFile(context.req.raw, file, /html|svg/.test(file.type) ? { 'Content-Security-Policy': PAGE_CSP } : {});
    },
  );
}
