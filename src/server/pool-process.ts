/** One process of a pool, from the service's side: opened, asked one thing at a time, and ended where it takes too long. */
import { type ChildProcess, fork } from 'node:child_process';
import { PhizError } from '../core/error.js';
import type { PoolNews, PoolRequest } from './pool-messages.js';
import { HttpProblem } from './problem.js';

export interface PoolProcessOptions<Order> {
  /** The module that calls `servePool`. */
  readonly module: URL;
  readonly order: Order;
  /** Bytes of resident memory. */
  readonly maxMemory: number;
  /** Seconds for one call. */
  readonly patience: number;
  /** Called once when it is gone. */
  readonly onGone: () => void;
}

export interface PoolProcess<Request, Ready, Answer> {
  readonly ready: Ready;
  readonly gone: boolean;
  /**
   * Asks it, one call at a time. Rejects with PhizError as the process answered, HttpProblem `too-costly` where it took too much time or
   * memory, `engine-failed` where it died otherwise.
   */
  call(request: Request, pieces: readonly Uint8Array[], signal?: AbortSignal): Promise<Answer>;
  kill(): void;
}

interface Pending<Value> {
  resolve(value: Value): void;
  reject(error: unknown): void;
}

/** Starts one and waits until it is open. Rejects with PhizError: why it did not open. */
export async function startPoolProcess<Order, Request, Ready, Answer>({
  module,
  order,
  maxMemory,
  patience,
  onGone,
}: PoolProcessOptions<Order>): Promise<PoolProcess<Request, Ready, Answer>> {
  // Native libraries write to standard error what files say of themselves, which belongs in no log.
  const child = fork(module, { serialization: 'advanced', stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  let pending: Pending<PoolNews<Ready, Answer>> | undefined;
  let late = false;
  let gone = false;
  const settle = (act: (waiting: Pending<PoolNews<Ready, Answer>>) => void): void => {
    const waiting = pending;
    pending = undefined;
    if (waiting) act(waiting);
  };
  const end = (problem: unknown): void => {
    if (gone) return;
    gone = true;
    settle(({ reject }) => reject(problem));
    onGone();
  };
  child.on('message', (news: PoolNews<Ready, Answer>) => settle(({ resolve }) => resolve(news)));
  child.on('error', (cause) => {
    if (child.pid === undefined) end(new PhizError('engine-unavailable', `no process can be started: ${cause.message}`));
  });
  child.once('exit', (code, signal) => end(late ? tooLong(patience) : deathOf(code, signal)));

  /** The next news, in time. */
  const hear = async (seconds: number): Promise<PoolNews<Ready, Answer>> => {
    const timer = setTimeout(() => {
      late = true;
      child.kill('SIGKILL');
    }, 1000 * seconds);
    try {
      return await new Promise((resolve, reject) => {
        if (gone) reject(new HttpProblem('engine-failed', 'the process is gone'));
        pending = { resolve, reject };
      });
    } finally {
      clearTimeout(timer);
    }
  };

  const opened = hear(OPENING);
  void send(child, { kind: 'open', order, maxMemory } satisfies PoolRequest<Order, Request>);
  const news = await opened;
  if (news.kind === 'failed') {
    child.kill('SIGKILL');
    throw new PhizError(news.code ?? 'engine-failed', news.message);
  }
  if (news.kind !== 'ready') throw new PhizError('engine-failed', 'a process did not open');
  return {
    ready: news.ready,
    get gone() {
      return gone;
    },
    async call(request, pieces, signal) {
      // Piece by piece, so that nothing else waits for a large one.
      for (const bytes of pieces) await send(child, { kind: 'piece', bytes } satisfies PoolRequest<Order, Request>);
      const answer = hear(patience);
      const abort = (): void => void send(child, { kind: 'abort' });
      signal?.addEventListener('abort', abort);
      try {
        await send(child, { kind: 'call', request } satisfies PoolRequest<Order, Request>);
        const told = await answer;
        if (told.kind === 'answer') return told.answer;
        if (told.kind === 'failed' && told.code !== undefined) throw new PhizError(told.code, told.message);
        throw new Error(told.kind === 'failed' ? told.message : 'a process answered out of turn');
      } finally {
        signal?.removeEventListener('abort', abort);
      }
    },
    kill: () => void child.kill('SIGKILL'),
  };
}

/** Seconds in which a process must be open: models may be large. */
const OPENING = 120;

/** Sends, and waits until the channel has taken it. That the process is gone, its `exit` says. */
function send(child: ChildProcess, message: object): Promise<void> {
  return new Promise((resolve) => {
    if (!child.connected) return resolve();
    child.send(message, () => resolve());
  });
}

function tooLong(seconds: number): HttpProblem {
  return new HttpProblem('too-costly', `this file takes more than ${seconds} s; it may be damaged, or made to`);
}

function deathOf(code: number | null, signal: NodeJS.Signals | null): HttpProblem {
  // Its own guard ends it so, and the system where memory runs out.
  if (signal === 'SIGKILL') return new HttpProblem('too-costly', 'this file takes more memory than it may; see --max-memory');
  return new HttpProblem('engine-failed', 'the analysis crashed; the file may be damaged', {
    cause: new Error(signal === null ? `it ended with code ${code}` : `${signal} ended it`),
  });
}
