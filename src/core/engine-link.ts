/**
 * The engine port between two threads: what both sides say, the sessions of the far side as sessions here, and the near side that
 * answers for real ones. Carries no message itself; the platforms' threads do (src/node and src/browser, engine-thread.ts and
 * engine-worker.ts).
 */
import type { Engine, Session } from './engine.js';
import { PhizError } from './error.js';
import type { ByteTensor, Tensor } from './tensor.js';

export type EngineRequest =
  | { readonly kind: 'load'; readonly model: Uint8Array }
  | {
      readonly kind: 'run';
      readonly session: number;
      readonly feeds: Readonly<Record<string, Tensor | ByteTensor>>;
      readonly outputs: readonly string[] | undefined;
    }
  | { readonly kind: 'dispose'; readonly session: number };

/** The answer to each kind of request, where it succeeds. */
export interface EngineAnswers {
  readonly load: { readonly session: number; readonly inputNames: readonly string[]; readonly outputNames: readonly string[] };
  readonly run: Record<string, Tensor>;
  readonly dispose: undefined;
}

/** Asks the far side. */
export type AskEngine = <K extends EngineRequest['kind']>(
  request: Extract<EngineRequest, { kind: K }>,
) => Promise<EngineAnswers[K]>;

/** Loads a model on the far side; `released` is called when the session was disposed. Throws as `Engine.load`. */
export async function loadRemote(ask: AskEngine, model: Uint8Array, released: () => Promise<void> | void): Promise<Session> {
  const { session, inputNames, outputNames } = await ask({ kind: 'load', model });
  let open = true;
  return {
    inputNames,
    outputNames,
    async run(feeds, outputs) {
      if (!open) throw new PhizError('disposed', 'this session was disposed; load the model again');
      return ask({ kind: 'run', session, feeds, outputs });
    },
    async dispose() {
      if (!open) return;
      open = false;
      await ask({ kind: 'dispose', session });
      await released();
    },
  };
}

/** Answers for the sessions of an engine that is here. Throws what the engine throws. */
export function createEngineHost(
  engine: () => Promise<Engine>,
): (request: EngineRequest) => Promise<EngineAnswers[keyof EngineAnswers]> {
  const sessions: (Session | undefined)[] = [];
  return async (request) => {
    switch (request.kind) {
      case 'load': {
        const session = await (await engine()).load(request.model);
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
  };
}

/** The memory of a run's results, which may be handed over with them. */
export function memoryOf(request: EngineRequest, answer: unknown): ArrayBuffer[] {
  return request.kind === 'run'
    ? Object.values(answer as EngineAnswers['run']).map(({ data }) => data.buffer as ArrayBuffer)
    : [];
}
