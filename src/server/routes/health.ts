/** GET /healthz and /readyz: is the service alive, and may it be given work. */
import type { Health } from '../../results/service.js';
import { jsonResponse } from '../openapi.js';
import { addRoute, type Service, type ServiceApp } from '../service.js';

export function healthRoutes(app: ServiceApp, service: Service): void {
  const { version, photos } = service;
  addRoute(
    app,
    {
      method: 'get',
      path: '/healthz',
      operationId: 'getHealth',
      summary: 'Is the service alive',
      responses: { 200: jsonResponse('it is', 'Health') },
    },
    (context) => context.json({ status: 'ok', version } satisfies Health),
  );
  addRoute(
    app,
    {
      method: 'get',
      path: '/readyz',
      operationId: 'getReadiness',
      summary: 'May the service be given work',
      responses: {
        200: jsonResponse('it may', 'Health'),
        503: jsonResponse('not now: it is shutting down, or its engine failed', 'Health'),
      },
    },
    (context) => {
      const ready = !service.draining && !photos.broken;
      return context.json({ status: ready ? 'ok' : 'unavailable', version } satisfies Health, ready ? 200 : 503);
    },
  );
}
