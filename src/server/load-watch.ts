/** Whether the service itself falls behind, by how late its event loop is: then uploads are refused before their bodies are read. */
import { monitorEventLoopDelay } from 'node:perf_hooks';

export interface LoadWatch extends Disposable {
  /** Whether it fell behind in each of the last seconds. */
  readonly overloaded: boolean;
}

/** Milliseconds by which half of the loop's turns may be late. */
const MOST_LATE = 400;
const WINDOW = 1000;
/** Windows in a row: a moment in which the machine did other things is none of falling behind. */
const WINDOWS = 3;

/** Watches this process. */
export function watchLoad(): LoadWatch {
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  let late = 0;
  const timer = setInterval(() => {
    late = delay.percentile(50) / 1e6 > MOST_LATE ? late + 1 : 0;
    delay.reset();
  }, WINDOW);
  timer.unref();
  return {
    get overloaded() {
      return late >= WINDOWS;
    },
    [Symbol.dispose]() {
      clearInterval(timer);
      delay.disable();
    },
  };
}
