/** Times in words and on axes. Seconds in, short English out, the same in every locale; spaces do not break. */

/** A length of time: `0.4 s`, `12.3 s`, `2 min 05 s`, `1 h 02 min`. */
export function durationText(seconds: number): string {
  if (seconds < 99.95) return `${seconds.toFixed(1)}\u00a0s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)}\u00a0min\u00a0${pad(whole % 60)}\u00a0s`;
  const minutes = Math.round(whole / 60);
  return `${Math.floor(minutes / 60)}\u00a0h\u00a0${pad(minutes % 60)}\u00a0min`;
}

/** A moment: `12.3 s` in clips of less than two minutes, else `2:05` or `1:02:05`. */
export function momentText(seconds: number, clip: number): string {
  return clip < CLOCK_FROM ? `${seconds.toFixed(1)}\u00a0s` : clockText(seconds);
}

/** Seconds from which on clips are told by minutes and seconds. */
export const CLOCK_FROM = 120;

/** `0:05`, `2:05`, `1:02:05`. */
export function clockText(seconds: number): string {
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60);
  return minutes < 60 ? `${minutes}:${pad(whole % 60)}` : `${Math.floor(minutes / 60)}:${pad(minutes % 60)}:${pad(whole % 60)}`;
}

/** One of `timeTicks` on the axis of a clip: `0.25 s` in clips of less than two minutes, else `2:05`. */
export function tickText(seconds: number, clip: number): string {
  return clip < CLOCK_FROM ? `${seconds}\u00a0s` : clockText(seconds);
}

/** At most `most` round moments between two, both included, for an axis. */
export function timeTicks(from: number, to: number, most: number): readonly number[] {
  const steps = [0.001, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600];
  const step = steps.find((s) => (to - from) / s <= most) ?? Math.max((to - from) / most, 0.001);
  const first = Math.ceil(from / step - 1e-9);
  const last = Math.floor(to / step + 1e-9);
  return Array.from({ length: Math.max(last - first + 1, 0) }, (_, i) => Number(((first + i) * step).toFixed(6)));
}

function pad(n: number): string {
  return String(n).padStart(2, '0');
}
