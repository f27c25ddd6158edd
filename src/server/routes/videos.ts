/** POST /v1/videos: a clip in, a job out. */
import { CLIP_KINDS } from '../../node/video/clip-kind.js';
import { COMMON_PROBLEMS, jsonResponse, problems, SECURITY, uploadBody } from '../openapi.js';
import { HttpProblem } from '../problem.js';
import { clipQuery, readQuery } from '../query.js';
import { checkClip } from '../remote-order.js';
import { addRoute, type Service, type ServiceApp } from '../service.js';
import { openUpload, UPLOAD_PROBLEMS } from '../upload.js';

export function videosRoute(app: ServiceApp, service: Service): void {
  addRoute(
    app,
    {
      method: 'post',
      path: '/v1/videos',
      operationId: 'createJob',
      summary: 'Analyse a clip',
      description: `${CLIP_KINDS}. The answer comes when the disk holds the clip: from then on the job survives whatever ends the service.`,
      security: SECURITY,
      request: { query: clipQuery, body: uploadBody('video') },
      responses: {
        202: {
          ...jsonResponse('the job; ask its Location until it is done', 'Job'),
          headers: { Location: { description: 'path of the job', schema: { type: 'string' } } },
        },
        ...problems(...UPLOAD_PROBLEMS, 'insufficient-storage', 'invalid-data', 'too-costly', ...COMMON_PROBLEMS),
      },
    },
    async (context) => {
      if (service.draining) throw new HttpProblem('shutting-down', 'the service is shutting down');
      const { annotated = 'true', bars = 'true', blur = 'false', ...given } = readQuery(context, clipQuery);
      const settings = { ...checkClip(given), annotated: annotated === 'true', bars: bars === 'true', blur: blur === 'true' };
      const job = await service.jobs.create(
        (signal) => openUpload(context.req.raw, { ...service.settings, signal }),
        settings,
        context.get('caller'),
        context.get('address'),
      );
      return context.json(job, 202, { Location: `/v1/jobs/${job.id}` });
    },
  );
}
