/**
 * bull-board, a page that shows what is in the queues, for those with an administrator's key: to look at, not to change anything, since what
 * it would take out of a queue leaves files behind (`phiz jobs cancel` does not). Its packages are only asked for where a queue is shared.
 */
import { serveStatic } from '@hono/node-server/serve-static';
import type { Queue } from 'bullmq';
import type { Hono, MiddlewareHandler } from 'hono';
import type { Logger } from 'pino';
import { missingPackage } from '../node/files/missing-package.js';
import type { ServiceEnv } from './service.js';

/** Where it stands. */
export const BOARD = '/queue';
/** Its own script, style and data; the fonts that it would fetch elsewhere are left out. */
const BOARD_CSP =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
  "base-uri 'self'; form-action 'none'; frame-ancestors 'none'";

/** The page's app; undefined, and told in the log, where its packages are not installed. */
export async function openQueueBoard(queues: readonly Queue[], log: Logger): Promise<Hono | undefined> {
  const packages = ['@bull-board/api', '@bull-board/hono'];
  try {
    const [{ createBullBoard }, { BullMQAdapter }, { HonoAdapter }] = await Promise.all([
      import('@bull-board/api'),
      import('@bull-board/api/bullMQAdapter'),
      import('@bull-board/hono'),
    ]);
    const adapter = new HonoAdapter(serveStatic);
    adapter.setBasePath(BOARD);
    const options = { uiConfig: { boardTitle: 'phiz' } };
    createBullBoard({
      queues: queues.map((queue) => new BullMQAdapter(queue, { readOnlyMode: true })),
      serverAdapter: adapter,
      options,
    });
    return adapter.registerPlugin() as unknown as Hono;
  } catch (cause) {
    log.info({ reason: missingPackage('a page of the queue needs', packages, cause).message }, `nothing is at ${BOARD}`);
    return undefined;
  }
}

/** What the page may load, said with each of its answers. */
export const boardPolicy: MiddlewareHandler<ServiceEnv> = async (context, next) => {
  await next();
  context.res.headers.set('Content-Security-Policy', BOARD_CSP);
};
