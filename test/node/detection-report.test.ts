/** Average precision and recall of detections, against numbers worked out by hand. */
import { describe, expect, it } from 'vitest';
import type { BoundingBox } from '#dist/core/geometry.js';
import { detectionReport } from '#dist/train/evaluate/detection.js';

const box = (x: number, width = 10): BoundingBox => ({ x, y: 0, width, height: 10 });
const real = (x: number) => ({ box: box(x), ignore: false });
const hit = (x: number, score: number) => ({ box: box(x), score });

describe('detectionReport', () => {
  it('gives the average precision worked out by hand', () => {
    // Best first: true, false, true, false, true of 4 faces. Precision 1, 1/2, 2/3, 1/2, 3/5 at recall 1/4, 1/4, 2/4, 2/4, 3/4;
    // interpolated 1, 2/3, 3/5 at each new quarter of recall.
    const report = detectionReport([
      { faces: [real(0), real(100)], detections: [hit(0, 0.9), hit(50, 0.8), hit(101, 0.7)] },
      { faces: [real(0), real(300)], detections: [hit(200, 0.6), hit(2, 0.5)] },
    ]);
    expect(report.averagePrecision).toBeCloseTo((1 + 2 / 3 + 3 / 5) / 4, 12);
    expect(report).toMatchObject({ iou: 0.5, images: 2, faces: 4, detections: 5, recall: 0.75 });
    expect(report.curve.map(({ recall }) => recall)).toEqual([0.25, 0.5, 0.75]);
    expect(report.curve.map(({ falsePositives }) => falsePositives)).toEqual([0, 1, 2]);
  });

  it('is 1 for perfect and 0 for useless detectors', () => {
    const faces = [real(0), real(100)];
    const perfect = detectionReport([{ faces, detections: [hit(0, 0.2), hit(100, 0.1)] }]);
    expect(perfect.averagePrecision).toBe(1);
    expect(perfect.interval).toEqual([1, 1]);
    expect(detectionReport([{ faces, detections: [hit(50, 1)] }]).averagePrecision).toBe(0);
    expect(detectionReport([{ faces, detections: [] }])).toMatchObject({ averagePrecision: 0, recall: 0, curve: [] });
  });

  it('finds each face once: a second detection of it is false', () => {
    const { averagePrecision, curve } = detectionReport([
      { faces: [real(0), real(50)], detections: [hit(0, 0.9), hit(1, 0.8), hit(50, 0.7)] },
    ]);
    expect(curve.at(-1)).toMatchObject({ recall: 1, precision: 2 / 3, falsePositives: 1 });
    expect(averagePrecision).toBeCloseTo(0.5 + 0.5 * (2 / 3), 12);
  });

  it('obeys the threshold of overlap', () => {
    // 10 wide boxes shifted by 4 overlap by 6/14 = 0.43.
    const images = [{ faces: [real(0)], detections: [hit(4, 0.9)] }];
    expect(detectionReport(images, { iou: 0.5 }).averagePrecision).toBe(0);
    expect(detectionReport(images, { iou: 0.3 }).averagePrecision).toBe(1);
  });

  it('counts what lies on ignored regions neither way', () => {
    const faces = [real(0), { box: box(100, 40), ignore: true }];
    const report = detectionReport([{ faces, detections: [hit(110, 0.9), hit(0, 0.8), hit(133, 0.7), hit(137, 0.6)] }]);
    // 133 lies 7/10 inside and is left out, 137 only 3/10.
    expect(report).toMatchObject({ faces: 1, detections: 2, averagePrecision: 1 });
    expect(report.curve.at(-1)).toMatchObject({ falsePositives: 1 });
  });

  it('treats equal scores as one threshold, whatever their order', () => {
    const faces = [real(0), real(50)];
    const both = [
      [hit(0, 0.5), hit(200, 0.5)],
      [hit(200, 0.5), hit(0, 0.5)],
    ].map((detections) => detectionReport([{ faces, detections }]).averagePrecision);
    expect(both).toEqual([0.25, 0.25]);
  });

  it('gives recall at a number of false positives', () => {
    const faces = [real(0), real(50), real(100)];
    const detections = [hit(0, 0.9), hit(200, 0.8), hit(50, 0.7), hit(300, 0.6), hit(100, 0.5)];
    const { recallAt } = detectionReport([{ faces, detections }], { falsePositives: [0, 1, 5] });
    expect(recallAt.map(({ recall }) => recall)).toEqual([1 / 3, 2 / 3, 1]);
    expect(recallAt.map(({ score }) => score)).toEqual([0.9, 0.7, 0.5]);
  });

  it('resamples images: the interval of one image alone is its own average precision', () => {
    // False, true, false, true: precision rises on the way, which the area must even out as the average precision does.
    const detections = [hit(50, 0.9), hit(0, 0.8), hit(70, 0.7), hit(100, 0.6)];
    const { averagePrecision, interval } = detectionReport([{ faces: [real(0), real(100), real(200)], detections }], {
      resamples: 5,
    });
    expect(averagePrecision).toBeCloseTo((1 / 2 + 1 / 2) / 3, 12);
    for (const end of interval) expect(end).toBeCloseTo(averagePrecision, 12);
    const better = [hit(50, 0.9), hit(0, 0.8), hit(100, 0.7)];
    const rising = detectionReport([{ faces: [real(0), real(100)], detections: better }], { resamples: 5 });
    expect(rising.averagePrecision).toBeCloseTo(2 / 3, 12);
    for (const end of rising.interval) expect(end).toBeCloseTo(2 / 3, 12);
    const falling = detectionReport([{ faces: [real(0), real(100)], detections: [hit(0, 0.9), hit(50, 0.8), hit(100, 0.7)] }], {
      resamples: 5,
    });
    for (const end of falling.interval) expect(end).toBeCloseTo((1 + 2 / 3) / 2, 12);
  });

  it('brackets the metric with an interval that repeats with its seed', () => {
    const images = Array.from({ length: 60 }, (_, i) => ({
      faces: [real(0)],
      detections: [hit(i % 4 ? 0 : 50, 1 - i / 100)],
    }));
    const report = detectionReport(images);
    expect(report.interval[0]).toBeLessThan(report.averagePrecision);
    expect(report.interval[1]).toBeGreaterThan(report.averagePrecision);
    expect(detectionReport(images).interval).toEqual(report.interval);
    expect(detectionReport(images, { seed: 2 }).interval).not.toEqual(report.interval);
  });

  it('refuses data without a face and thresholds out of range', () => {
    expect(() => detectionReport([{ faces: [], detections: [] }])).toThrow(expect.objectContaining({ code: 'invalid-data' }));
    expect(() => detectionReport([], { iou: 0 })).toThrow(expect.objectContaining({ code: 'invalid-option' }));
  });
});
