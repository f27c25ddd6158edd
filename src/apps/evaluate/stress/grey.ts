/** Images without colour (ITU-R BT.601 luma). */
import type { Condition } from './condition.js';

export const GREY: readonly Condition[] = [
  {
    family: 'grey',
    level: 'all',
    apply(image) {
      const { width, height, channels, data } = image;
      if (channels === 1) return image;
      const luma = (_: unknown, i: number) =>
        Math.round(0.299 * data[i * channels]! + 0.587 * data[i * channels + 1]! + 0.114 * data[i * channels + 2]!);
      return { width, height, channels: 1, data: Uint8Array.from({ length: width * height }, luma) };
    },
  },
];
