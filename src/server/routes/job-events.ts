/** GET /v1/jobs/{id}/events: a job whenever it moved, as server-sent events. */
import { streamSSE } from 'hono/streaming';
import { followJob } from '../job-events.js';
import { COMMON_PROBLEMS, problems, SECURITY } from '../openapi.js';
import { jobParams } from '../query.js';
import { addRoute, type Service, type ServiceApp } from '../service.js';

export function jobEventsRoute(app: ServiceApp, service: Service): void {
  addRoute(
    app,
    {
      method: 'get',
      path: '/v1/jobs/{id}/events',
      operationId: 'watchJob',
      summary: 'The job whenever it moved, until it has ended',
      description: 'Server-sent events named `job`, whose data is a Job. A job that is deleted ends them, too.',
      security: SECURITY,
      request: { params: jobParams },
      responses: {
        200: { description: 'events', content: { 'text/event-stream': { schema: { type: 'string' } } } },
        ...problems('job-not-found', ...COMMON_PROBLEMS),
      },
    },
    async (context) => {
      const [id, caller] = [context.req.param('id')!, context.get('caller')];
      // Whoever may not see it is told so before anything is sent.
      await service.jobs.get(id, caller);
      return streamSSE(context, async (stream) => {
        const stopped = () => stream.aborted || service.draining;
        for await (const job of followJob({ jobs: service.jobs, id, caller, stopped })) {
          if (job) await stream.writeSSE({ event: 'job', data: JSON.stringify(job) });
          else await stream.write(': still here\n\n');
        }
      });
    },
  );
}
