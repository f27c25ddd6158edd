/** Something to be done at a time of the clock, however far away; setTimeout alone takes 24 days. Keeps no process alive. */

/** Longest time that setTimeout takes. */
const LONGEST = 2 ** 31 - 1;

/** Calls `action` at `time` (milliseconds since 1970), or soon where that is past, unless disposed before. */
export function setAlarm(time: number, action: () => void): Disposable {
  let timer: ReturnType<typeof setTimeout>;
  const wait = (): void => {
    const left = Math.max(time - Date.now(), 0);
    timer = setTimeout(left > LONGEST ? wait : action, Math.min(left, LONGEST));
    timer.unref();
  };
  wait();
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}
