import { readFile, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Analyzer } from '#dist/analyze/analyzer.js';
import { AGE_RANGES } from '#dist/attributes/age/ranges.js';
import { EMOTIONS } from '#dist/attributes/emotion/labels.js';
import { type BoundingBox, iou } from '#dist/core/geometry.js';
import { createAnalyzer } from '#dist/node/create-analyzer.js';
import { readImage } from '#dist/node/images/read-image.js';
import type { FaceResult } from '#dist/results/result.js';

const at = (name: string) => fileURLToPath(new URL(`../../samples/${name}`, import.meta.url));

interface Truth {
  readonly width: number;
  readonly height: number;
  readonly faces: readonly { readonly box: BoundingBox; readonly emotion?: string; readonly range?: string }[];
}

const truthOf = async (name: string) => JSON.parse(await readFile(at(`${name}.truth.json`), 'utf8')) as Truth;

let analyzer: Analyzer;
beforeAll(async () => {
  analyzer = await createAnalyzer();
});
afterAll(() => analyzer?.dispose());

/** For each true face the face found there. */
async function found(name: string): Promise<readonly (readonly [Truth['faces'][number], FaceResult | undefined])[]> {
  const { faces } = await analyzer.analyze(await readImage(at(`${name}.png`)));
  const { faces: truth } = await truthOf(name);
  return truth.map((face) => {
    const best = faces.map((f) => ({ f, fit: iou(f.box, face.box) })).sort((a, b) => b.fit - a.fit)[0];
    return [face, best && best.fit >= 0.5 ? best.f : undefined];
  });
}

describe('samples', () => {
  it('are small and as large as their truth says', async () => {
    for (const name of ['faces', 'ages']) {
      const { width, height, faces } = await truthOf(name);
      expect(await readImage(at(`${name}.png`))).toMatchObject({ width, height });
      expect((await stat(at(`${name}.png`))).size).toBeLessThan(300_000);
      expect(faces).toHaveLength(7);
    }
    expect((await truthOf('faces')).faces.map(({ emotion }) => emotion)).toEqual([...EMOTIONS]);
    expect((await truthOf('ages')).faces.map(({ range }) => range)).toEqual([...AGE_RANGES]);
  });

  it('have their seven faces found, and at least six emotions read rightly', async () => {
    const pairs = await found('faces');
    expect(pairs.filter(([, face]) => face)).toHaveLength(7);
    const right = pairs.filter(([truth, face]) => face?.emotion.label === truth.emotion);
    expect(right.length, pairs.map(([t, f]) => `${t.emotion} read as ${f?.emotion.label}`).join(', ')).toBeGreaterThanOrEqual(6);
  });

  it('have their seven ages found, and at least six within one range of the truth', async () => {
    const pairs = await found('ages');
    expect(pairs.filter(([, face]) => face)).toHaveLength(7);
    const ranges: readonly string[] = AGE_RANGES;
    const near = pairs.filter(
      ([{ range }, face]) => Math.abs(ranges.indexOf(range!) - ranges.indexOf(face?.age.range ?? '')) <= 1,
    );
    expect(near.length, pairs.map(([t, f]) => `${t.range} read as ${f?.age.range}`).join(', ')).toBeGreaterThanOrEqual(6);
  });
});
