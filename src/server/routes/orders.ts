/** POST /v1/jobs: a clip, photos or a study by the addresses of their files; a job out. */
import { createReadStream } from 'node:fs';
import { z } from 'zod';
import { remoteName } from '../../node/remote/remote-files.js';
import { COMMON_PROBLEMS, jsonResponse, problems, SECURITY } from '../openapi.js';
import { HttpProblem } from '../problem.js';
import type { RemoteInputs } from '../remote-inputs.js';
import { readOrder, remoteOrderSchema } from '../remote-order.js';
import { addRoute, type Service, type ServiceApp } from '../service.js';
import { readJson, UPLOAD_PROBLEMS, type Upload } from '../upload.js';

export function ordersRoute(app: ServiceApp, service: Service): void {
  const { $schema, ...schema } = z.toJSONSchema(remoteOrderSchema, { target: 'draft-2020-12', io: 'input' });
  addRoute(
    app,
    {
      method: 'post',
      path: '/v1/jobs',
      operationId: 'submitJob',
      summary: 'Analyse a clip, photos or a study that lie elsewhere',
      description:
        'The service fetches the files, from where it allows it, before it answers: from then on the job survives whatever ends the service. ' +
        'Photos and studies need a service with a shared queue. Each recording of a study is a job of its own, too.',
      security: SECURITY,
      request: {
        body: { required: true, content: { 'application/json': { schema: schema as Record<string, unknown> } } },
      },
      responses: {
        202: {
          ...jsonResponse('the job; ask its Location until it is done', 'Job'),
          headers: { Location: { description: 'path of the job', schema: { type: 'string' } } },
        },
        ...problems(
          ...UPLOAD_PROBLEMS,
          'download-failed',
          'insufficient-storage',
          'invalid-data',
          'too-costly',
          ...COMMON_PROBLEMS,
        ),
      },
    },
    async (context) => {
      if (service.draining) throw new HttpProblem('shutting-down', 'the service is shutting down');
      const { jobs, remote, settings } = service;
      const [caller, address] = [context.get('caller'), context.get('address')];
      const order = readOrder(await readJson(context.req.raw, settings));
      if (order.kind === 'clip') remote.check(order.input);
      const job =
        order.kind === 'clip'
          ? await jobs.create((signal) => openRemote(remote, order.input, signal), order.settings, caller, address)
          : await jobs.order(order, remote, caller, address);
      return context.json(job, 202, { Location: `/v1/jobs/${job.id}` });
    },
  );
}

/** A file elsewhere as if it were uploaded. Throws as `RemoteInputs.copy`. */
async function openRemote(remote: RemoteInputs, address: string, signal: AbortSignal): Promise<Upload> {
  const copy = await remote.copy(address, signal);
  async function* chunks(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      yield* createReadStream(copy.path);
    } finally {
      await copy[Symbol.asyncDispose]();
    }
  }
  return { name: remoteName(address), chunks: chunks() };
}
