/**
 * Where a face's box will be: a Kalman filter (Kalman 1960, doi:10.1115/1.3662552) with constant velocity on the box's centre, the
 * logarithm of its size and that of its aspect. The four move independently, so each is a filter of two numbers. Time is in
 * seconds and noise is continuous (white acceleration), so one step of 0.2 s and five of 0.04 s predict the same: frame rates and
 * gaps need no care. Pure functions over readonly states; which box belongs to whom is tracker.ts's business.
 */
import type { BoundingBox } from '../core/geometry.js';

/** A value that moves: its estimate, its rate of change a second, and their covariance. */
export interface Motion {
  readonly value: number;
  readonly rate: number;
  /** Variance of the value, covariance of value and rate, variance of the rate. */
  readonly vv: number;
  readonly vr: number;
  readonly rr: number;
}

/** A box that moves. `x` and `y`: its centre in pixels; `size`: ln of the root of its area; `aspect`: ln(width / height). */
export interface BoxMotion {
  readonly x: Motion;
  readonly y: Motion;
  readonly size: Motion;
  readonly aspect: Motion;
}

/**
 * How sure measurements are and how freely faces move. Lengths are in units of the box's size, so that near and far faces are
 * alike: a head that turns or starts to walk changes its speed by about two sizes a second within half a second.
 */
const CENTRE = { error: 0.06, acceleration: 8, rate: 3 };
const SIZE = { error: 0.06, acceleration: 0.5, rate: 0.5 };
const ASPECT = { error: 0.08, acceleration: 0.02, rate: 0.02 };

/** A motion first seen at `value`, measured with variance `noise`; its rate is unknown, with variance `rateVariance`. */
export function startMotion(value: number, noise: number, rateVariance: number): Motion {
  return { value, rate: 0, vv: noise, vr: 0, rr: rateVariance };
}

/** The motion `seconds` later; `density` is the spectral density of the white acceleration, in units² / s³. */
export function predictMotion({ value, rate, vv, vr, rr }: Motion, seconds: number, density: number): Motion {
  const t = seconds;
  return {
    value: value + rate * t,
    rate,
    vv: vv + 2 * t * vr + t * t * rr + (density * t * t * t) / 3,
    vr: vr + t * rr + (density * t * t) / 2,
    rr: rr + density * t,
  };
}

/** The motion once `measured` is known, with variance `noise`. */
export function correctMotion({ value, rate, vv, vr, rr }: Motion, measured: number, noise: number): Motion {
  const gain = vv / (vv + noise);
  const rateGain = vr / (vv + noise);
  const error = measured - value;
  return {
    value: value + gain * error,
    rate: rate + rateGain * error,
    vv: (1 - gain) * vv,
    vr: (1 - gain) * vr,
    rr: rr - rateGain * vr,
  };
}

/** A box first seen. */
export function startBox(box: BoundingBox): BoxMotion {
  const { x, y, size, aspect } = measures(box);
  const s2 = Math.exp(2 * size);
  return {
    x: startMotion(x, CENTRE.error ** 2 * s2, CENTRE.rate ** 2 * s2),
    y: startMotion(y, CENTRE.error ** 2 * s2, CENTRE.rate ** 2 * s2),
    size: startMotion(size, SIZE.error ** 2, SIZE.rate ** 2),
    aspect: startMotion(aspect, ASPECT.error ** 2, ASPECT.rate ** 2),
  };
}

/** The box's motion `seconds` later. */
export function predictBox({ x, y, size, aspect }: BoxMotion, seconds: number): BoxMotion {
  const s2 = Math.exp(2 * size.value);
  return {
    x: predictMotion(x, seconds, CENTRE.acceleration * s2),
    y: predictMotion(y, seconds, CENTRE.acceleration * s2),
    size: predictMotion(size, seconds, SIZE.acceleration),
    aspect: predictMotion(aspect, seconds, ASPECT.acceleration),
  };
}

/** The box's motion once `box` is seen. */
export function correctBox({ x, y, size, aspect }: BoxMotion, box: BoundingBox): BoxMotion {
  const seen = measures(box);
  const noise = CENTRE.error ** 2 * Math.exp(2 * seen.size);
  return {
    x: correctMotion(x, seen.x, noise),
    y: correctMotion(y, seen.y, noise),
    size: correctMotion(size, seen.size, SIZE.error ** 2),
    aspect: correctMotion(aspect, seen.aspect, ASPECT.error ** 2),
  };
}

/** The estimate as a box. */
export function boxOf({ x, y, size, aspect }: BoxMotion): BoundingBox {
  const width = Math.exp(size.value + aspect.value / 2);
  const height = Math.exp(size.value - aspect.value / 2);
  return { x: x.value - width / 2, y: y.value - height / 2, width, height };
}

function measures({ x, y, width, height }: BoundingBox) {
  const [w, h] = [Math.max(width, 1e-3), Math.max(height, 1e-3)];
  return { x: x + w / 2, y: y + h / 2, size: Math.log(w * h) / 2, aspect: Math.log(w / h) };
}
