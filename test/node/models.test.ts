import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listModels, loadModel } from '#dist/node/models/models.js';
import { cardOf } from './fixtures/cards.js';

const bytes = Uint8Array.from({ length: 100 }, (_, i) => i);
const sha256 = createHash('sha256').update(bytes).digest('hex');
let directory: string;

async function put(name: string, card?: object | string, content?: Uint8Array): Promise<void> {
  if (card) await writeFile(join(directory, `${name}.json`), typeof card === 'string' ? card : JSON.stringify(card));
  if (content) await writeFile(join(directory, `${name}.onnx`), content);
}
const card = (name: string) => cardOf({ name, file: `${name}.onnx`, sha256, bytes: 100, labels: ['a', 'b'] });

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'phiz-models-'));
  await put('good', card('good'), bytes);
});
afterAll(() => rm(directory, { recursive: true, force: true }));

describe('loadModel', () => {
  it('finds a name, the path of an .onnx and the path of a card', async () => {
    for (const model of ['good', join(directory, 'good.onnx'), join(directory, 'good.json')]) {
      const loaded = await loadModel(model, { directory });
      expect(loaded.card.name).toBe('good');
      expect(new Uint8Array(loaded.bytes)).toEqual(bytes);
    }
  });

  it.each([
    ['an unknown name', 'nobody', 'model-not-found', /no model 'nobody'; known: .*good/],
    ['an empty name', '', 'model-not-found', /empty/],
    ['a path that is not there', './nowhere/x.onnx', 'model-not-found', /nowhere\/x\.onnx/],
    ['a card that is not there', './nowhere/x.json', 'model-not-found', /nowhere\/x\.json/],
    ['a file of another kind', './photo.jpg', 'model-not-found', /photo\.jpg is not a model/],
  ])('refuses %s', async (_, model, code, message) => {
    await expect(loadModel(model, { directory })).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it.each([
    ['a truncated network', 'short', () => [card('short'), bytes.slice(0, 60)], 'model-damaged', /60 bytes.*says 100: truncated/],
    ['another network', 'other', () => [card('other'), new Uint8Array(100)], 'model-damaged', /sha256/],
    ['a card without network', 'bare', () => [card('bare')], 'model-not-found', /bare\.onnx does not exist/],
    ['a card that is not JSON', 'torn', () => ['{"cardVersion": 1,', bytes], 'model-damaged', /torn\.json is not a model card/],
    ['a card with a wrong field', 'odd', () => [{ ...card('odd'), sha256: 'x' }, bytes], 'model-damaged', /odd\.json.*sha256/],
    [
      'a card that asks for more memory than there is',
      'wide',
      () => [{ ...card('wide'), input: { ...card('wide').input, width: 100_000, height: 100_000 } }, bytes],
      'model-damaged',
      /wide\.json is not a model card: input\.width/,
    ],
    [
      'a card of a million labels',
      'wordy',
      () => [{ ...card('wordy'), labels: Array(1_000_000).fill('x') }, bytes],
      'model-damaged',
      /^.{0,200}wordy\.json is not a model card: labels.{0,200}$/,
    ],
    [
      'a card that points elsewhere',
      'out',
      () => [{ ...card('out'), file: '../x.onnx' }, bytes],
      'model-damaged',
      /beside the card/,
    ],
  ] as const)('refuses %s', async (_, name, files, code, message) => {
    await put(name, ...(files() as [object | string, Uint8Array?]));
    await expect(loadModel(name, { directory })).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it('refuses a network without a card', async () => {
    await put('lone', undefined, bytes);
    await expect(loadModel(join(directory, 'lone.onnx'))).rejects.toMatchObject({
      code: 'model-damaged',
      message: expect.stringMatching(/lone\.onnx has no card: .*lone\.json is missing/),
    });
  });
});

describe('listModels', () => {
  it('gives the cards by name', async () => {
    const store = join(directory, 'store');
    await mkdir(store);
    for (const name of ['b', 'a']) await writeFile(join(store, `${name}.json`), JSON.stringify(card(name)));
    expect((await listModels({ directory: store })).map(({ name }) => name)).toEqual(['a', 'b']);
    await writeFile(join(store, 'c.json'), '{}');
    await expect(listModels({ directory: store })).rejects.toMatchObject({ code: 'model-damaged' });
  });

  it('says where it looked', async () => {
    await expect(listModels({ directory: join(directory, 'none') })).rejects.toMatchObject({ code: 'model-not-found' });
  });
});
