/** A pool process's own side of process-pool.ts. Runs in a process that was forked only. */
import { callFailure } from '../core/calls.js';
import { giveWay } from '../node/threads/give-way.js';
import { guardProcess } from '../node/threads/process-guard.js';
import type { PoolNews, PoolRequest } from './pool-messages.js';

/** What a process does once it is open. */
export interface PoolService<Request, Ready, Answer> {
  /** What the service is told of it. */
  readonly ready: Ready;
  answer(request: Request, bytes: Uint8Array, signal: AbortSignal): Promise<Answer>;
}

/** Opens and answers until the service goes. What `answer` throws is the answer of that call. */
export function servePool<Order, Request, Ready, Answer>(
  open: (order: Order) => Promise<PoolService<Request, Ready, Answer>>,
): void {
  const tell = (news: PoolNews<Ready, Answer>): void => void process.send!(news);
  let service: PoolService<Request, Ready, Answer> | undefined;
  let pieces: Uint8Array[] = [];
  let running: AbortController | undefined;

  const answer = async (request: Request): Promise<void> => {
    const bytes = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
    pieces = [];
    running = new AbortController();
    try {
      tell({ kind: 'answer', answer: await service!.answer(request, bytes, running.signal) });
    } catch (error) {
      tell({ kind: 'failed', ...callFailure(error) });
    } finally {
      running = undefined;
    }
  };
  const start = async (order: Order, maxMemory: number): Promise<void> => {
    guardProcess(maxMemory);
    // The process that listens answers while all cores are busy with this one's work.
    giveWay(5);
    try {
      service = await open(order);
      tell({ kind: 'ready', ready: service.ready });
    } catch (error) {
      tell({ kind: 'failed', ...callFailure(error) });
    }
  };

  process.on('disconnect', () => process.exit(1));
  // Ctrl-C, which a terminal sends to all, is the service's to answer.
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => {});
  process.on('message', (message: PoolRequest<Order, Request>) => {
    switch (message.kind) {
      case 'open':
        return void start(message.order, message.maxMemory);
      case 'piece':
        return void pieces.push(message.bytes);
      case 'call':
        return void answer(message.request);
      case 'abort':
        return running?.abort();
      default:
        return message satisfies never;
    }
  });
}
