/** GET /v1/jobs/{id}: how far a job is. */
import { COMMON_PROBLEMS, jsonResponse, problems, SECURITY } from '../openapi.js';
import { jobParams } from '../query.js';
import { addRoute, type Service, type ServiceApp } from '../service.js';

export function jobRoute(app: ServiceApp, { jobs }: Service): void {
  addRoute(
    app,
    {
      method: 'get',
      path: '/v1/jobs/{id}',
      operationId: 'getJob',
      summary: 'State and progress of a job',
      security: SECURITY,
      request: { params: jobParams },
      responses: { 200: jsonResponse('the job', 'Job'), ...problems('job-not-found', ...COMMON_PROBLEMS) },
    },
    async (context) => context.json(await jobs.get(context.req.param('id')!, context.get('caller'))),
  );
}
