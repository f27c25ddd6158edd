/** How fast something goes and how long it will still take, for a progress bar. */

/** Milliseconds over which speed is measured. */
const WINDOW = 5000;

/** Gives a function that is told how many steps are done and says `12.3 frames/s, 0:45 left`. */
export function createPace({
  total,
  unit,
  now = Date.now,
}: {
  readonly total: number | undefined;
  readonly unit: string;
  readonly now?: () => number;
}): (done: number) => string {
  const marks: { readonly time: number; readonly done: number }[] = [];
  return (done) => {
    const time = now();
    const last = marks.at(-1);
    // Ten marks a second are enough.
    if (!last || time - last.time >= 100) marks.push({ time, done });
    while (marks.length > 2 && time - marks[1]!.time >= WINDOW) marks.shift();
    const first = marks[0]!;
    const seconds = (time - first.time) / 1000;
    if (seconds < 0.5 || done <= first.done) return '';
    const rate = (done - first.done) / seconds;
    const speed = `${rate < 10 ? rate.toFixed(1) : Math.round(rate)} ${unit}/s`;
    return total === undefined ? speed : `${speed}, ${clock(Math.max(total - done, 0) / rate)} left`;
  };
}

/** Seconds as `0:05`, `12:34` or `1:02:03`. */
function clock(seconds: number): string {
  const whole = Math.ceil(seconds);
  const two = (value: number): string => `${value}`.padStart(2, '0');
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}:${two(whole % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`;
}
