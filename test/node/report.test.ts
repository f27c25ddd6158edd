import { parseHTML } from 'linkedom';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { confusionMatrix } from '#dist/report/plots/confusion-matrix.js';
import { type EpochRecord, learningCurve } from '#dist/report/plots/learning-curve.js';
import { drawFigure, HEADER_HEIGHT, textWidth } from '#dist/report/plots/plot.js';
import { table } from '#dist/report/tables/table.js';

/** Reads an SVG twice: strictly, by drawing it (throws on XML that is not well-formed), and as a tree to look into. */
async function draw(svg: string) {
  const { data, info } = await sharp(Buffer.from(svg)).flatten().raw().toBuffer({ resolveWithObject: true });
  const { document } = parseHTML(`<html><body>${svg}</body></html>`);
  const texts = [...document.querySelectorAll('text')].map((t) => t.textContent ?? '');
  return {
    document,
    texts,
    width: info.width,
    height: info.height,
    pixel: (x: number, y: number) => [...data.subarray((y * info.width + x) * info.channels).subarray(0, 3)],
  };
}

const epochs: EpochRecord[] = [1, 2, 3, 4].map((epoch) => ({
  epoch,
  trainLoss: 2 / epoch,
  validationLoss: 2.2 / epoch,
  trainAccuracy: 0.2 * epoch,
  validationAccuracy: [0.3, 0.45, 0.61, 0.58][epoch - 1],
  validationError: [12, 9, 7.5, 8][epoch - 1],
}));

describe('learningCurve', () => {
  it('draws loss and accuracy, training and validation, with a title and a legend on white', async () => {
    const { document, texts, width, height, pixel } = await draw(learningCurve(epochs, { title: 'small on FER-2013' }));
    expect([width, height]).toEqual([960, 420]);
    expect(document.querySelector('title')?.textContent).toBe('small on FER-2013');
    for (const text of ['training', 'validation', 'loss', 'accuracy', 'epoch', 'best 61.00 %', 'best 0.5500'])
      expect(texts).toContain(text);
    expect(document.querySelectorAll('[aria-label="line"] path')).toHaveLength(4);
    expect(pixel(1, 1)).toEqual([255, 255, 255]);
  });

  it('takes another metric, where less is better, and runs that measure no training value', async () => {
    const svg = learningCurve(epochs, { metric: { name: 'MAE (years)', validation: 'validationError', best: 'min' } });
    const { document, texts } = await draw(svg);
    expect(texts).toContain('MAE (years)');
    expect(texts).toContain('best 7.500');
    expect(document.querySelectorAll('[aria-label="line"] path')).toHaveLength(3);
  });

  it('draws a run of one epoch, and leaves out values that are not finite', async () => {
    const { document, texts } = await draw(
      learningCurve([{ epoch: 1, trainLoss: 1, validationLoss: Number.NaN, validationAccuracy: 0.2 }]),
    );
    expect(texts).toContain('best 20.00 %');
    expect(document.querySelectorAll('[aria-label="dot"] circle').length).toBeGreaterThanOrEqual(2);
    expect(document.toString()).not.toContain('NaN');
  });

  it.each([
    ['a few keys beside a short title', 'Short', 3, 0],
    ['keys under a title that they would touch', 'A title so long that no legend has room beside it on the same line', 5, 0],
    ['many keys in lines of their own, the panels below them', 'Own classes', 30, 1],
  ])('keeps a legend off the title and inside the figure: %s', async (_, title, count, moved) => {
    const legend = Array.from({ length: count }, (_, i) => ({ label: `label ${i}`, colour: '#123456' }));
    const panel = { x: 20, y: HEADER_HEIGHT, width: 600, height: 100, plot: {} };
    const { document, height } = await draw(drawFigure({ title, width: 640, height: 200, legend, panels: [panel] }));
    const placed = [...document.querySelectorAll('text')].map((text) => ({
      text: text.textContent ?? '',
      x: Number(text.getAttribute('x')),
      y: Number(text.getAttribute('y')),
      size: Number(text.getAttribute('font-size')),
    }));
    const head = placed.find(({ text }) => text === title)!;
    const keys = placed.filter(({ text }) => text.startsWith('label'));
    expect(keys).toHaveLength(count);
    for (const { text, x, y } of keys) {
      expect(x).toBeGreaterThan(20);
      expect(x + textWidth(text, 13)).toBeLessThanOrEqual(620.01);
      if (y === head.y) expect(x - 26).toBeGreaterThan(head.x + textWidth(title, head.size));
    }
    expect(height > 200).toBe(moved === 1);
    const panels = Number(/translate\(0,(\d+)\)/.exec(document.toString())?.[1] ?? 0);
    expect(Math.max(...keys.map(({ y }) => y))).toBeLessThan(HEADER_HEIGHT + panels);
  });

  it('keeps markup in a title as text', async () => {
    const { document } = await draw(learningCurve(epochs, { title: 'a < b & "c" <script>' }));
    expect(document.querySelector('title')?.textContent).toBe('a < b & "c" <script>');
    expect(document.querySelector('script')).toBeNull();
  });

  it('refuses a run without epochs', () => {
    expect(() => learningCurve([])).toThrow(expect.objectContaining({ code: 'invalid-data' }));
  });
});

describe('confusionMatrix', () => {
  const counts = [
    [30, 10],
    [0, 7],
  ];

  it('has the truth in rows and the prediction in columns', async () => {
    const { document, texts } = await draw(confusionMatrix(counts, ['cat', 'dog']));
    expect(texts).toEqual(expect.arrayContaining(['truth', 'predicted', 'cat (40)', 'dog (7)', '75.0 %', '25.0 %', '100.0 %']));
    const place = (text: string) => {
      const node = [...document.querySelectorAll('text')].find((t) => t.textContent === text);
      const [x, y] = /translate\(([\d.]+),([\d.]+)\)/
        .exec(node?.getAttribute('transform') ?? '')!
        .slice(1)
        .map(Number);
      return { x: x!, y: y! };
    };
    // Truth cat, called dog: right of truth cat called cat, above truth dog called dog.
    expect(place('10').x).toBeGreaterThan(place('30').x);
    expect(place('10').y).toBe(place('30').y);
    expect(place('10').x).toBe(place('7').x);
    expect(place('10').y).toBeLessThan(place('7').y);
    expect(place('cat').x).toBe(place('30').x);
    expect(place('dog (7)').y).toBeCloseTo(place('7').y, 0);
  });

  it('is dark where the row is right and light where it is empty', async () => {
    const { document } = await draw(
      confusionMatrix(
        [
          [5, 0],
          [0, 0],
        ],
        ['a', 'b'],
      ),
    );
    const fills = [...document.querySelectorAll('[aria-label="cell"] rect')].map((r) => r.getAttribute('fill'));
    expect(fills).toHaveLength(4);
    expect(fills[0]).toMatch(/rgb\(8, 72, 142\)|#08488e/);
    expect(new Set(fills.slice(1)).size).toBe(1);
  });

  it('draws long, odd and many labels', async () => {
    const odd = ['a class with a long name', '<&"\'>', 'ü'];
    const { texts } = await draw(
      confusionMatrix(
        odd.map(() => [1, 2, 3]),
        odd,
      ),
    );
    expect(texts).toEqual(expect.arrayContaining(['a class with a long name', '<&"\'> (6)']));
    const many = Array.from({ length: 30 }, (_, i) => `class ${i}`);
    const { document } = await draw(
      confusionMatrix(
        many.map(() => many.map(() => 1)),
        many,
      ),
    );
    expect(document.querySelectorAll('[aria-label="cell"] rect')).toHaveLength(900);
  });

  it('refuses a matrix of another size than its labels', () => {
    expect(() => confusionMatrix([[1]], ['a', 'b'])).toThrow(expect.objectContaining({ code: 'invalid-data' }));
    expect(() => confusionMatrix([[1], [2]], ['a', 'b'])).toThrow(/2 rows of 2/);
  });
});

describe('table', () => {
  const columns = [{ heading: 'class' }, { heading: 'recall', align: 'right' }] as const;
  const rows = [
    ['happy', '87.1 %'],
    ['a | b', '3 %'],
  ];

  it('aligns columns as text', () => {
    expect(table(columns, rows)).toBe('class  recall\nhappy  87.1 %\na | b     3 %\n');
  });

  it('is markdown on demand', () => {
    expect(table(columns, rows, { format: 'markdown' })).toBe(
      '| class  | recall |\n| ------ | -----: |\n| happy  | 87.1 % |\n| a \\| b |    3 % |\n',
    );
  });
});
