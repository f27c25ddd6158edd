/**
 * Paints images in which nobody is: lights out of focus, fabric in folds, dark spots on something pale, as a car's front has them, rings
 * and wheels. A detector that has seen only photos of people and rooms takes such for faces. Planes of 0–255; positions and colours from the random
 * stream alone.
 */
import type { Random } from '../../core/random.js';
import { clamp, logUniform } from './pose.js';

/** Fills three planes of `width`×`height` from `offset` on. */
export function paint(random: Random, width: number, height: number, out: Float32Array, offset = 0): void {
  const kind = random.uniform();
  gradient(random, width, height, out, offset, kind < 0.4 ? 90 : 255);
  if (kind < 0.4) lights(random, width, height, out, offset);
  else if (kind < 0.6) fabric(random, width, height, out, offset);
  else if (kind < 0.8) spots(random, width, height, out, offset);
  else rings(random, width, height, out, offset);
}

/** From one colour to another, along any direction. */
function gradient(random: Random, width: number, height: number, out: Float32Array, offset: number, brightest: number): void {
  const angle = random.uniform(0, 2 * Math.PI);
  const [dx, dy] = [Math.cos(angle) / width, Math.sin(angle) / height];
  for (let plane = 0; plane < 3; plane++) {
    const [from, to] = [random.uniform(0, brightest), random.uniform(0, brightest)];
    for (let y = 0, at = offset + plane * width * height; y < height; y++)
      for (let x = 0; x < width; x++, at++)
        out[at] = from + (to - from) * clamp(0.5 + dx * (x - width / 2) + dy * (y - height / 2), 0, 1);
  }
}

/** Translucent discs, mostly warm, some brighter at their rim. */
function lights(random: Random, width: number, height: number, out: Float32Array, offset: number): void {
  const count = 10 + random.integer(150);
  const largest = random.uniform(8, 60);
  for (let i = 0; i < count; i++) {
    const warm = random.chance(0.7);
    const colour = [random.uniform(180, 255), random.uniform(warm ? 90 : 40, 230), random.uniform(0, warm ? 150 : 255)] as const;
    const radius = random.uniform(0.25, 1) * largest;
    disc(out, offset, width, height, {
      x: random.uniform(0, width),
      y: random.uniform(0, height),
      radiusX: radius,
      radiusY: radius,
      soft: random.uniform(1, 6),
      rim: random.chance(0.3) ? random.uniform(0.1, 0.5) : 0,
      opacity: random.uniform(0.1, 0.8),
      colour,
    });
  }
}

/** Waves across each other: threads, folds. */
function fabric(random: Random, width: number, height: number, out: Float32Array, offset: number): void {
  const waves = Array.from({ length: 2 + random.integer(4) }, () => {
    const angle = random.uniform(0, Math.PI);
    const length = logUniform(random, 4, 160);
    const turn = (2 * Math.PI) / length;
    return { x: turn * Math.cos(angle), y: turn * Math.sin(angle), phase: random.uniform(0, 6), height: random.uniform(5, 40) };
  });
  const shares = [random.uniform(0.6, 1), random.uniform(0.6, 1), random.uniform(0.6, 1)];
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++, i++) {
      let lift = 0;
      for (const wave of waves) lift += wave.height * Math.sin(wave.x * x + wave.y * y + wave.phase);
      for (let plane = 0; plane < 3; plane++) {
        const at = offset + plane * width * height + i;
        out[at] = clamp(out[at]! + lift * shares[plane]!, 0, 255);
      }
    }
}

/** Dark pairs and bars on something pale. */
function spots(random: Random, width: number, height: number, out: Float32Array, offset: number): void {
  for (let i = 2 + random.integer(8); i > 0; i--) {
    const level = random.uniform(0, 110);
    const size = random.uniform(4, 40);
    const x = random.uniform(0, width);
    const y = random.uniform(0, height);
    const shape = {
      radiusX: size * random.uniform(0.6, 2.5),
      radiusY: size * random.uniform(0.3, 1),
      soft: random.uniform(0.7, 4),
      rim: 0,
      opacity: random.uniform(0.5, 1),
      colour: [level, level, level * random.uniform(0.7, 1.2)] as const,
    };
    disc(out, offset, width, height, { x, y, ...shape });
    if (random.chance(0.6)) disc(out, offset, width, height, { x: x + size * random.uniform(3, 6), y, ...shape });
  }
}

/** Round things: rings in each other, of a few colours, some with smaller discs around their middle, as wheels and microphones have them. */
function rings(random: Random, width: number, height: number, out: Float32Array, offset: number): void {
  const largest = random.uniform(0.08, 0.45) * Math.min(width, height);
  const lean = random.chance(0.5) ? random.uniform(0.5, 1) : 1;
  const colourful = random.chance(0.4);
  const colour = () => {
    const level = random.uniform(0, 255);
    return [0, 1, 2].map(() =>
      clamp(level + (colourful ? random.uniform(-90, 90) : random.uniform(-10, 10)), 0, 255),
    ) as unknown as Disc['colour'];
  };
  for (let i = 1 + random.integer(9); i > 0; i--) {
    const [x, y] = [random.uniform(0, width), random.uniform(0, height)];
    const outer = random.uniform(0.4, 1) * largest;
    const common = { soft: random.uniform(0.7, 3), rim: 0, opacity: random.uniform(0.6, 1) };
    let radius = outer;
    for (let layer = 1 + random.integer(4); layer > 0; layer--) {
      const hole = random.chance(0.5) ? random.uniform(0.5, 0.92) : 0;
      disc(out, offset, width, height, { x, y, radiusX: radius * lean, radiusY: radius, hole, colour: colour(), ...common });
      radius *= random.uniform(0.35, 0.85);
    }
    if (random.chance(0.5)) continue;
    const around = 2 + random.integer(7);
    const [far, small, start, paint] = [random.uniform(0.35, 0.75), random.uniform(0.1, 0.35), random.uniform(0, 6), colour()];
    for (let k = 0; k < around; k++) {
      const angle = start + (2 * Math.PI * k) / around;
      const place = { x: x + far * outer * lean * Math.cos(angle), y: y + far * outer * Math.sin(angle) };
      disc(out, offset, width, height, {
        ...place,
        radiusX: small * outer * lean,
        radiusY: small * outer,
        colour: paint,
        ...common,
      });
    }
  }
}

interface Disc {
  readonly x: number;
  readonly y: number;
  readonly radiusX: number;
  readonly radiusY: number;
  /** Radius of the hole in it, in units of its own; 0: none. */
  readonly hole?: number;
  /** Pixels over which its edge fades. */
  readonly soft: number;
  /** How much brighter its rim is, 0–1. */
  readonly rim: number;
  readonly opacity: number;
  readonly colour: readonly [number, number, number];
}

function disc(out: Float32Array, offset: number, width: number, height: number, d: Disc): void {
  const size = width * height;
  const [left, right] = [
    Math.max(0, Math.floor(d.x - d.radiusX - d.soft)),
    Math.min(width - 1, Math.ceil(d.x + d.radiusX + d.soft)),
  ];
  const [top, bottom] = [
    Math.max(0, Math.floor(d.y - d.radiusY - d.soft)),
    Math.min(height - 1, Math.ceil(d.y + d.radiusY + d.soft)),
  ];
  const radius = Math.min(d.radiusX, d.radiusY);
  for (let y = top; y <= bottom; y++)
    for (let x = left; x <= right; x++) {
      const distance = Math.hypot((x - d.x) / d.radiusX, (y - d.y) / d.radiusY);
      const open = d.hole ? clamp(((d.hole - distance) * radius) / d.soft + 0.5, 0, 1) : 0;
      const cover = clamp(((1 - distance) * radius) / d.soft + 0.5, 0, 1) - open;
      if (cover <= 0) continue;
      const alpha = Math.min(1, cover * d.opacity * (1 + (distance > 0.8 ? d.rim : 0)));
      for (let plane = 0; plane < 3; plane++) {
        const at = offset + plane * size + y * width + x;
        out[at] = out[at]! + alpha * (d.colour[plane]! - out[at]!);
      }
    }
}
