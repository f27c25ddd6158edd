/** GET /v1/models: which models are at work, whose they are and how good. */
import { COMMON_PROBLEMS, jsonResponse, problems, SECURITY } from '../openapi.js';
import { addRoute, type Service, type ServiceApp } from '../service.js';

export function modelsRoute(app: ServiceApp, { models }: Service): void {
  addRoute(
    app,
    {
      method: 'get',
      path: '/v1/models',
      operationId: 'getModels',
      summary: 'The models at work, and the cards of those in the package',
      security: SECURITY,
      responses: { 200: jsonResponse('the models', 'ModelList'), ...problems(...COMMON_PROBLEMS) },
    },
    (context) => context.json(models),
  );
}
