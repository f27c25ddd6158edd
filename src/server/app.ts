/** The service as a web-standard app: a Request in, a Response out. What listens to a port is serve.ts. */
import { OpenAPIHono } from '@hono/zod-openapi';
import { methodNotAllowed } from 'hono/method-not-allowed';
import { checkAdmin, checkKey, checkSite, shedLoad } from './access.js';
import { registerComponents } from './openapi.js';
import { HttpProblem, problemBody, problemOf } from './problem.js';
import { BOARD, boardPolicy } from './queue-board.js';
import { logRequests } from './request-log.js';
import { deleteJobRoute } from './routes/delete-job.js';
import { documentRoutes } from './routes/documents.js';
import { healthRoutes } from './routes/health.js';
import { imagesRoute } from './routes/images.js';
import { jobRoute } from './routes/job.js';
import { jobEventsRoute } from './routes/job-events.js';
import { jobFilesRoutes } from './routes/job-files.js';
import { jobResultRoutes } from './routes/job-results.js';
import { metricsRoute } from './routes/metrics.js';
import { modelsRoute } from './routes/models.js';
import { ordersRoute } from './routes/orders.js';
import { videosRoute } from './routes/videos.js';
import { securityHeaders } from './security-headers.js';
import type { Service, ServiceApp, ServiceContext, ServiceEnv } from './service.js';
import { WrongKeys } from './wrong-keys.js';

/** Puts the routes together. Two apps share nothing. */
export function createApp(service: Service): ServiceApp {
  const app: ServiceApp = new OpenAPIHono<ServiceEnv>();
  registerComponents(app);
  app.use(logRequests(service));
  app.use(securityHeaders());
  app.use(checkSite(service.settings));
  const wrong = new WrongKeys();
  const key = checkKey(service.keyCheck, wrong);
  app.use('/v1/*', key, shedLoad(service));
  app.use('/metrics', key);
  for (const path of [BOARD, `${BOARD}/*`]) app.use(path, checkAdmin(service.keyCheck, wrong), boardPolicy);
  app.use(
    methodNotAllowed({
      app,
      onMethodNotAllowed: (context, methods) => {
        const allow = methods.join(', ');
        const problem = new HttpProblem('method-not-allowed', `this path takes ${allow}`, { headers: { Allow: allow } });
        return answerProblem(context as ServiceContext, problem);
      },
    }),
  );
  for (const mount of [
    imagesRoute,
    videosRoute,
    ordersRoute,
    jobRoute,
    jobEventsRoute,
    jobFilesRoutes,
    jobResultRoutes,
    deleteJobRoute,
    modelsRoute,
    healthRoutes,
    metricsRoute,
    documentRoutes,
  ])
    mount(app, service);
  if (service.board) app.route(BOARD, service.board);
  app.notFound(async (context) => {
    const { method } = context.req;
    const file = method === 'GET' || method === 'HEAD' ? await service.page(context.req.raw) : undefined;
    return file ?? answerProblem(context, new HttpProblem('not-found', 'there is nothing here; /docs says what there is'));
  });
  app.onError((error, context) => answerProblem(context, problemOf(error)));
  return app;
}

function answerProblem(context: ServiceContext, problem: HttpProblem): Response {
  const body = problemBody(problem, context.get('requestId'));
  return new Response(JSON.stringify(body), {
    status: problem.status,
    headers: { 'Content-Type': 'application/problem+json', ...problem.headers },
  });
}
