/** Ctrl-C and a request to end, taken as a wish to stop cleanly; a second one is obeyed at once. */
import { constants } from 'node:os';
import { endProcess } from '../node/threads/end-thread.js';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

export interface Stop extends Disposable {
  readonly signal: AbortSignal;
  /** What was received, if anything. */
  readonly signalled: NodeJS.Signals | undefined;
}

/** Listens from now until disposed. */
export function stopOnSignals(): Stop {
  const controller = new AbortController();
  let signalled: NodeJS.Signals | undefined;
  const receive = (name: NodeJS.Signals): void => {
    if (signalled) endProcess(signalExitCode(name));
    signalled = name;
    controller.abort(name);
  };
  for (const name of SIGNALS) process.on(name, receive);
  return {
    signal: controller.signal,
    get signalled() {
      return signalled;
    },
    [Symbol.dispose]() {
      for (const name of SIGNALS) process.off(name, receive);
    },
  };
}

/** As shells report a program that a signal ended: 130 for Ctrl-C. */
export function signalExitCode(name: NodeJS.Signals): number {
  return 128 + constants.signals[name];
}
