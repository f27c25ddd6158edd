/**
 * Something to be done after a while, however long; setTimeout alone takes 24 days. By the machine's steady clock, so that setting the time of day
 * brings nothing forward and puts nothing off. Keeps no process alive.
 */

/** Longest time that setTimeout takes. */
const LONGEST = 2 ** 31 - 1;

/** Calls `action` after so many milliseconds, or soon where there are none left, unless disposed before. */
export function callAfter(milliseconds: number, action: () => void): Disposable {
  let left = Math.max(milliseconds, 0);
  let timer: ReturnType<typeof setTimeout>;
  const wait = (): void => {
    const step = Math.min(left, LONGEST);
    left -= step;
    timer = setTimeout(left > 0 ? wait : action, step);
    timer.unref();
  };
  wait();
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}
