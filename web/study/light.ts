/** How bright a face is in an image. */
import type { BoundingBox, Image } from '#dist/browser/index.js';

/** Points looked at along each side of the face. */
const SIDE = 12;

/** Mean luma (ITU-R BT.601) of a box, 0 to 1, on a grid of points; undefined where it lies outside the image. */
export function lightOf({ width, height, channels, data }: Image, box: BoundingBox): number | undefined {
  let [sum, count] = [0, 0];
  for (let j = 0; j < SIDE; j++)
    for (let i = 0; i < SIDE; i++) {
      const x = Math.floor(box.x + ((i + 0.5) / SIDE) * box.width);
      const y = Math.floor(box.y + ((j + 0.5) / SIDE) * box.height);
      if (x < 0 || y < 0 || x >= width || y >= height) continue;
      const at = (y * width + x) * channels;
      const [r, g, b] = channels === 1 ? [data[at]!, data[at]!, data[at]!] : [data[at]!, data[at + 1]!, data[at + 2]!];
      sum += 0.299 * r + 0.587 * g + 0.114 * b;
      count++;
    }
  return count > 0 ? sum / count / 255 : undefined;
}
