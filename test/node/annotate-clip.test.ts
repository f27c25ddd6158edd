import { describe, expect, it } from 'vitest';
import { EMOTION_COLOURS } from '#dist/attributes/emotion/colours.js';
import { EMOTIONS, type Emotion } from '#dist/attributes/emotion/labels.js';
import type { BoundingBox } from '#dist/core/geometry.js';
import type { Image } from '#dist/core/image.js';
import { type BarsPanel, chooseCorner, corners, layoutBars } from '#dist/media/bars-layout.js';
import { createClipAnnotator } from '#dist/media/clip-annotator.js';
import { type ClipFace, createClipMarks, type Lettering } from '#dist/media/clip-marks.js';
import { layoutMarks } from '#dist/media/label-layout.js';
import { drawSprite, fillRect, paintOf, strokeRect } from '#dist/media/paint.js';
import { openLettering } from '#dist/node/images/lettering.js';

const measure = (text: string) => text.length * 0.55;

function face(person: number, box: BoundingBox, label: Emotion | null = 'happy', confidence = 0.8): ClipFace {
  if (!label) return { person, box, emotion: null, age: null };
  const probabilities = Object.fromEntries(EMOTIONS.map((name) => [name, name === label ? confidence : (1 - confidence) / 6]));
  const ages = { '1-2': 0, '3-9': 0, '10-20': 0, '21-27': 0, '28-45': 1, '46-65': 0, '66-116': 0 };
  return {
    person,
    box,
    emotion: { label, confidence, reliable: confidence >= 0.5, probabilities: probabilities as Record<Emotion, number> },
    age: { range: '28-45', years: 35, interval: [28, 45], reliable: true, probabilities: ages },
  };
}

function plain(width: number, height: number, value = 128, channels: 1 | 3 | 4 = 3): Image {
  return { width, height, channels, data: new Uint8Array(width * height * channels).fill(value) };
}

const at = ({ width, channels, data }: Image, x: number, y: number) => [
  ...data.subarray((y * width + x) * channels, (y * width + x) * channels + channels),
];
const close = (a: readonly number[], b: readonly number[], most = 3) => b.every((v, i) => Math.abs(a[i]! - v) <= most);
const rgbOf = (emotion: Emotion) => {
  const { red, green, blue } = paintOf(EMOTION_COLOURS[emotion].mark);
  return [red, green, blue];
};

/** Letters nothing, and notes what it was to letter. */
function silentLettering() {
  const labels: string[] = [];
  const headings: string[] = [];
  const clear = (width: number, height: number) => ({ width, height, rgba: new Uint8Array(width * height * 4) });
  const lettering: Lettering = {
    measure,
    label({ lines, box }) {
      labels.push(lines.map(({ text }) => text).join(' / '));
      return clear(box.width, box.height);
    },
    panel({ width, height }: BarsPanel, heading) {
      headings.push(heading);
      return clear(width, height);
    },
  };
  return { lettering, labels, headings };
}

describe('paint', () => {
  it('fills and frames whole pixels, inside the image only', () => {
    const image = plain(10, 8, 0);
    fillRect(image, { x: -5, y: 6, width: 8, height: 50 }, paintOf('#ff8040'));
    expect(at(image, 2, 7)).toEqual([255, 128, 64]);
    expect(at(image, 3, 7)).toEqual([0, 0, 0]);
    expect(at(image, 0, 5)).toEqual([0, 0, 0]);
    fillRect(image, { x: 0, y: 0, width: 2, height: 1 }, paintOf('#ffffff', 0.5));
    expect(at(image, 1, 0)).toEqual([127, 127, 127]);
    strokeRect(image, { x: 4, y: 1, width: 5, height: 5 }, 1, paintOf('#ffffff'));
    const on = (x: number, y: number) => at(image, x, y)[0] === 255;
    expect([on(4, 1), on(8, 1), on(4, 5), on(8, 5), on(6, 1), on(4, 3)]).toEqual(Array(6).fill(true));
    expect([on(5, 2), on(6, 3), on(3, 1), on(9, 5), on(4, 6)]).toEqual(Array(5).fill(false));
  });

  it('blends sprites by their alpha and cuts them at the edges', () => {
    const image = plain(4, 4, 100, 4);
    const rgba = Uint8Array.from(Array.from({ length: 9 }, (_, i) => [200, 0, 100, i === 4 ? 128 : 255]).flat());
    drawSprite(image, { width: 3, height: 3, rgba }, -1, -1);
    expect(close(at(image, 0, 0), [150, 50, 100, 100])).toBe(true);
    expect(at(image, 1, 1)).toEqual([200, 0, 100, 100]);
    expect(at(image, 2, 2)).toEqual([100, 100, 100, 100]);
    drawSprite(image, { width: 3, height: 3, rgba }, 3, 3);
    expect(at(image, 3, 3)).toEqual([200, 0, 100, 100]);
  });
});

describe('labels of a clip', () => {
  it('name the person, the emotion, how sure it is, and the age', () => {
    const { lettering, labels } = silentLettering();
    const draw = createClipMarks({ width: 640, height: 480, lettering, bars: false });
    draw(plain(640, 480), [
      face(7, { x: 200, y: 150, width: 120, height: 150 }, 'surprise', 0.914),
      face(2, { x: 450, y: 200, width: 60, height: 60 }, null),
    ]);
    expect(labels.sort()).toEqual(['#2', '#7 surprise 91% / age 28–45']);
  });

  it('keep their place while faces move, and their size while faces hardly grow', () => {
    const size = { width: 640, height: 480, measure };
    let held = layoutMarks([face(1, { x: 200, y: 60, width: 120, height: 150 })], {
      ...size,
      held: () => undefined,
    })[0]!.label!.choice;
    const places = new Set<number>();
    const sizes = new Set<number>();
    for (let i = 0; i < 60; i++) {
      // Up to the image's edge, where a label above would have no room of its own.
      const moving = face(1, { x: 200 + 2 * i, y: 60 - i / 2, width: 120 + (i % 3), height: 150 });
      const { choice, fontSize } = layoutMarks([moving], { ...size, held: () => held })[0]!.label!;
      places.add(choice.place);
      sizes.add(fontSize);
      held = choice;
    }
    expect([places.size, sizes.size]).toEqual([1, 1]);
    expect([...sizes][0]! % 1).toBe(0);
    const grown = layoutMarks([face(1, { x: 200, y: 100, width: 260, height: 300 })], { ...size, held: () => held });
    expect(grown[0]!.label!.fontSize).toBeGreaterThan([...sizes][0]!);
  });

  it('are lettered once for many frames', () => {
    const { lettering, labels } = silentLettering();
    const draw = createClipMarks({ width: 640, height: 480, lettering });
    for (let i = 0; i < 100; i++)
      draw(plain(640, 480), [face(1, { x: 100 + i, y: 200, width: 120, height: 150 }, 'sad', 0.6 + Math.floor(i / 25) / 100)]);
    expect(labels).toHaveLength(4);
  });
});

describe('bars', () => {
  it('are as long as the seven probabilities, in the colours of the emotions', () => {
    const { lettering, headings } = silentLettering();
    const image = plain(640, 480, 0);
    const person = face(3, { x: 300, y: 100, width: 150, height: 180 }, 'fear', 0.7);
    createClipMarks({ width: 640, height: 480, lettering })(image, [person]);
    expect(headings).toEqual(['person #3']);
    const panel = layoutBars(EMOTIONS, 640, 480, measure)!;
    const place = corners(panel, 640, 480)[0]!;
    for (const { label, bar } of panel.rows) {
      const want = rgbOf(label as Emotion);
      let length = 0;
      for (let x = 0; x < bar.width; x++) if (close(at(image, place.x + bar.x + x, place.y + bar.y + 2), want)) length++;
      expect(Math.abs(length - person.emotion!.probabilities[label as Emotion] * bar.width)).toBeLessThanOrEqual(1);
    }
  });

  it('show the largest face, and turn to another only when it is clearly larger', () => {
    const { lettering, headings } = silentLettering();
    const draw = createClipMarks({ width: 640, height: 480, lettering });
    const frame = (first: number, second: number) =>
      draw(plain(640, 480), [
        face(1, { x: 300, y: 50, width: first, height: first }),
        face(2, { x: 450, y: 50, width: second, height: second }),
      ]);
    frame(100, 80);
    frame(100, 104);
    frame(100, 96);
    expect(headings).toEqual(['person #1']);
    frame(100, 120);
    expect(headings).toEqual(['person #1', 'person #2']);
  });

  it('keep off the faces, and keep their corner', () => {
    const panel = layoutBars(EMOTIONS, 640, 480, measure)!;
    const places = corners(panel, 640, 480);
    for (const place of places) {
      expect(place.x).toBeGreaterThanOrEqual(0);
      expect(place.x + place.width).toBeLessThanOrEqual(640);
      expect(place.y + place.height).toBeLessThanOrEqual(480);
    }
    expect(chooseCorner(places, [], undefined)).toBe(0);
    const inCorner = { ...places[0]!, width: 60 };
    expect(chooseCorner(places, [inCorner], undefined)).not.toBe(0);
    expect(chooseCorner(places, [inCorner], 0)).not.toBe(0);
    expect(chooseCorner(places, [{ ...inCorner, width: 2 }], 0)).toBe(0);
    expect(chooseCorner(places, [], 2)).toBe(2);
  });

  it('are left out where they are not wanted, where nothing is known, and where the image is too small', () => {
    for (const [bars, width, label] of [
      [false, 640, 'happy'],
      [true, 640, null],
      [true, 100, 'happy'],
    ] as const) {
      const { lettering, headings } = silentLettering();
      const box = { x: width * 0.4, y: 30, width: 30, height: 30 };
      createClipMarks({ width, height: width * 0.75, lettering, bars })(plain(width, width * 0.75), [face(1, box, label)]);
      expect(headings).toEqual([]);
    }
  });
});

describe('createClipAnnotator', () => {
  it('draws boxes in the colours of the emotions and leaves the frame it is given as it is', async () => {
    const annotator = createClipAnnotator({ lettering: await openLettering(), width: 320, height: 240, bars: false });
    for (const channels of [1, 3, 4] as const) {
      const image = plain(320, 240, 128, channels);
      const drawn = annotator.draw(image, [face(1, { x: 120, y: 90, width: 80, height: 100 }, 'angry')]);
      expect(image.data.every((v) => v === 128)).toBe(true);
      expect(drawn.channels).toBe(channels === 4 ? 4 : 3);
      const line = Array.from({ length: 6 }, (_, i) => at(drawn, 120 + i, 140));
      expect(line.some((pixel) => close(pixel, rgbOf('angry')))).toBe(true);
      expect(at(drawn, 160, 140).slice(0, 3)).toEqual([128, 128, 128]);
    }
  });

  it('letters labels and bars that can be read', async () => {
    const annotator = createClipAnnotator({ lettering: await openLettering(), width: 640, height: 480 });
    const image = plain(640, 480, 128);
    const { data } = annotator.draw(image, [face(1, { x: 250, y: 150, width: 150, height: 180 })]);
    const count = (box: BoundingBox, fits: (v: number) => boolean) => {
      let n = 0;
      for (let y = box.y; y < box.y + box.height; y++)
        for (let x = box.x; x < box.x + box.width; x++) {
          const pixel = data.subarray((y * 640 + x) * 3, (y * 640 + x) * 3 + 3);
          if (pixel.every(fits)) n++;
        }
      return n;
    };
    const above = { x: 250, y: 100, width: 130, height: 48 };
    expect(count(above, (v) => v > 225)).toBeGreaterThan(200);
    expect(count(above, (v) => v < 70)).toBeGreaterThan(2000);
    const corner = { x: 8, y: 320, width: 140, height: 150 };
    expect(count(corner, (v) => v > 225)).toBeGreaterThan(200);
    expect(count(corner, (v) => v < 90)).toBeGreaterThan(5000);
  });

  it('draws a frame without faces unchanged, and refuses one of another size', async () => {
    const annotator = createClipAnnotator({ lettering: await openLettering(), width: 64, height: 48 });
    expect(annotator.draw(plain(64, 48, 9), []).data).toEqual(plain(64, 48, 9).data);
    expect(() => annotator.draw(plain(48, 64), [])).toThrow(/64×48.*48×64/);
  });

  it('hides faces with blur, also those whose box was carried, and only those', async () => {
    const width = 320;
    const data = Uint8Array.from({ length: width * 240 * 3 }, (_, i) => ((i * 2654435761) >>> 7) & 255);
    const annotator = createClipAnnotator({ lettering: await openLettering(), width, height: 240, blur: true, bars: false });
    const carried = { ...face(1, { x: 40, y: 60, width: 80, height: 90 }), measured: false, landmarks: null };
    const drawn = annotator.draw({ width, height: 240, channels: 3, data }, [carried]);
    const spread = (x0: number) => {
      const values = [];
      for (let y = 80; y < 130; y++) for (let x = x0; x < x0 + 50; x++) values.push(at(drawn, x, y)[0]!);
      const mean = values.reduce((a, b) => a + b) / values.length;
      return Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length);
    };
    expect(spread(55)).toBeLessThan(10);
    expect(spread(250)).toBeGreaterThan(60);
  });
});
