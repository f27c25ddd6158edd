/** GET /metrics: metrics for Prometheus. */
import { COMMON_PROBLEMS, problems, SECURITY } from '../openapi.js';
import { addRoute, type Service, type ServiceApp } from '../service.js';

export function metricsRoute(app: ServiceApp, { metrics }: Service): void {
  addRoute(
    app,
    {
      method: 'get',
      path: '/metrics',
      operationId: 'getMetrics',
      summary: 'Figures for Prometheus',
      security: SECURITY,
      responses: {
        200: { description: 'text exposition format', content: { 'text/plain': { schema: { type: 'string' } } } },
        ...problems(...COMMON_PROBLEMS),
      },
    },
    async (context) => context.body(await metrics.text(), 200, { 'Content-Type': metrics.contentType }),
  );
}
