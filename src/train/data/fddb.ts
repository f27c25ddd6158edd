/**
 * FDDB's lists of faces (Jain and Learned-Miller 2010, UM-CS-2010-009): for each photo its path without ending, the number of
 * faces and a line `major minor angle x y 1` for each, half axes in pixels and the angle in radians. Parsed into the boxes around
 * those ellipses. An ellipse runs from chin to crown with the hair, so its box is taller than those of most detectors, which
 * follow WIDER FACE (chin to forehead); that is why results are also given at an IoU of 0.3.
 */
import { PhizError } from '../../core/error.js';
import type { BoundingBox } from '../../core/geometry.js';

/** A photo of one of FDDB's folds. */
export interface FddbPhoto {
  /** Without ending, relative to originalPics. */
  readonly path: string;
  readonly faces: readonly BoundingBox[];
}

/** Parses one `FDDB-fold-NN-ellipseList.txt`. Throws PhizError `invalid-data` naming `where` and the line. */
export function parseFddb(text: string, where: string): readonly FddbPhoto[] {
  const lines = text.split('\n').map((line) => line.trim());
  const photos: FddbPhoto[] = [];
  let at = 0;
  while (at < lines.length) {
    const path = lines[at++]!;
    if (path === '') continue;
    const count = Number(lines[at++]);
    if (!Number.isInteger(count) || count < 0 || path.split('/').includes('..'))
      throw new PhizError(
        'invalid-data',
        `${where}:${at}: expected a photo's path and its number of faces, got "${path.slice(0, 120)}"`,
      );
    const faces: BoundingBox[] = [];
    for (let i = 0; i < count; i++) {
      const line = lines[at++] ?? '';
      const [major, minor, angle, x, y] = line.split(/\s+/).map(Number) as [number, number, number, number, number];
      if (!(major > 0 && minor > 0 && Number.isFinite(angle + x + y)))
        throw new PhizError('invalid-data', `${where}:${at}: expected "major minor angle x y 1", got "${line.slice(0, 120)}"`);
      faces.push(ellipseBox(major, minor, angle, x, y));
    }
    photos.push({ path, faces });
  }
  return photos;
}

/** The box around an ellipse whose half axis `major` lies at `angle` (radians) to the x axis. */
export function ellipseBox(major: number, minor: number, angle: number, x: number, y: number): BoundingBox {
  const halfWidth = Math.hypot(major * Math.cos(angle), minor * Math.sin(angle));
  const halfHeight = Math.hypot(major * Math.sin(angle), minor * Math.cos(angle));
  return { x: x - halfWidth, y: y - halfHeight, width: 2 * halfWidth, height: 2 * halfHeight };
}
