/** The faces of a clip between the frames that were analysed. */
import { expect, it } from 'vitest';
import { facesAt } from '#dist/media/faces-at.js';

const face = (person: number, x: number) => ({ person, box: { x, y: 0, width: 10, height: 10 + x } });
const frame = (timestamp: number, faces: readonly ReturnType<typeof face>[], cut = false) => ({ timestamp, cut, faces });

it('moves boxes from one analysed frame to the next', () => {
  const frames = [frame(0, [face(1, 0), face(2, 50)]), frame(0.5, [face(1, 20)]), frame(1, [face(1, 0)])];
  expect(facesAt(frames, -1)).toEqual([]);
  expect(facesAt(frames, 0)).toEqual([face(1, 0), face(2, 50)]);
  // Who is not in the next frame stays to its place.
  expect(facesAt(frames, 0.25)).toEqual([face(1, 10), face(2, 50)]);
  expect(facesAt(frames, 0.5)).toEqual([face(1, 20)]);
  expect(facesAt(frames, 0.75)).toEqual([face(1, 10)]);
  expect(facesAt(frames, 7)).toEqual([face(1, 0)]);
});

it('moves nothing across a cut, or over a long gap', () => {
  expect(facesAt([frame(0, [face(1, 0)]), frame(0.5, [face(1, 20)], true)], 0.25)).toEqual([face(1, 0)]);
  expect(facesAt([frame(0, [face(1, 0)]), frame(4, [face(1, 20)])], 2)).toEqual([face(1, 0)]);
});
