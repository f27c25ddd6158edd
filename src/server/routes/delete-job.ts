/** DELETE /v1/jobs/{id}: a job and all its files, also while it runs. */
import { COMMON_PROBLEMS, problems, SECURITY } from '../openapi.js';
import { jobParams } from '../query.js';
import { addRoute, type Service, type ServiceApp } from '../service.js';

export function deleteJobRoute(app: ServiceApp, { jobs }: Service): void {
  addRoute(
    app,
    {
      method: 'delete',
      path: '/v1/jobs/{id}',
      operationId: 'deleteJob',
      summary: 'Stop a job and delete all its files',
      security: SECURITY,
      request: { params: jobParams },
      responses: { 204: { description: 'nothing of it is left' }, ...problems('job-not-found', ...COMMON_PROBLEMS) },
    },
    async (context) => {
      await jobs.delete(context.req.param('id')!, context.get('caller'));
      return context.body(null, 204);
    },
  );
}
