/** The thread on which the sessions of one engine run. Started by engine-thread.ts. */
import type { Engine, Session } from '../core/engine.js';
import { PhizError } from '../core/error.js';
import { createWebEngine } from './engine.js';
import type { EngineAnswers, EngineRequest, FromEngine, ToEngine } from './engine-messages.js';

/** The part of a dedicated worker's global object that is used; the library of types for pages does not know it. */
interface Thread {
  postMessage(message: FromEngine, transfer?: Transferable[]): void;
  onmessage: ((event: MessageEvent<ToEngine>) => void) | null;
}

const thread = globalThis as unknown as Thread;
const sessions: (Session | undefined)[] = [];
let engine: Engine | undefined;

async function answer(request: EngineRequest): Promise<EngineAnswers[keyof EngineAnswers]> {
  switch (request.kind) {
    case 'open': {
      const opened = await createWebEngine(request.options);
      engine = opened;
      return { threads: opened.threads };
    }
    case 'load': {
      const session = await engine!.load(request.model);
      const number = sessions.push(session) - 1;
      return { session: number, inputNames: session.inputNames, outputNames: session.outputNames };
    }
    case 'run':
      return sessions[request.session]!.run(request.feeds, request.outputs);
    case 'dispose': {
      const session = sessions[request.session];
      sessions[request.session] = undefined;
      await session?.dispose();
      return undefined;
    }
  }
}

thread.onmessage = async ({ data: { id, request } }) => {
  try {
    const told = await answer(request);
    const results = request.kind === 'run' ? Object.values(told as EngineAnswers['run']) : [];
    thread.postMessage({ id, answer: told }, results.map(({ data }) => data.buffer) as ArrayBuffer[]);
  } catch (error) {
    const code = error instanceof PhizError ? error.code : undefined;
    thread.postMessage({ id, code, message: error instanceof Error ? error.message : String(error) });
  }
};
