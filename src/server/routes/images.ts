/** POST /v1/images: a photo in, its faces out. */
import type { PhotoResult } from '../../results/result.js';
import { COMMON_PROBLEMS, jsonResponse, problems, SECURITY, uploadBody } from '../openapi.js';
import { HttpProblem } from '../problem.js';
import { photoQuery, readQuery } from '../query.js';
import { addRoute, type Service, type ServiceApp } from '../service.js';
import { UPLOAD_PROBLEMS } from '../upload.js';

export function imagesRoute(app: ServiceApp, service: Service): void {
  addRoute(
    app,
    {
      method: 'post',
      path: '/v1/images',
      operationId: 'analyzeImage',
      summary: 'Analyse a photo',
      description:
        'JPEG, PNG, WebP, AVIF, HEIC, TIFF, GIF (its first frame), JPEG XL, JPEG 2000, BMP, PPM, PGM, PBM, PAM. The photo is held in memory alone, and forgotten.',
      security: SECURITY,
      request: { query: photoQuery, body: uploadBody('image') },
      responses: {
        200: jsonResponse('the faces, largest first', 'PhotoResult'),
        ...problems(...UPLOAD_PROBLEMS, 'not-an-image', 'image-too-large', 'too-costly', 'engine-failed', ...COMMON_PROBLEMS),
      },
    },
    async (context) => {
      if (service.draining) throw new HttpProblem('shutting-down', 'the service is shutting down');
      const { turn = 'true', ...limits } = readQuery(context, photoQuery);
      const result: PhotoResult = await service.photos.analyze(
        context.req.raw,
        { ...limits, turn: turn === 'true' },
        context.get('caller').id ?? context.get('address'),
      );
      return context.json(result);
    },
  );
}
