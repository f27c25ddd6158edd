/** Disposing waits: for what is under way, and until everything is freed. */
import { describe, expect, it } from 'vitest';
import { type AnalyzerParts, assembleAnalyzer } from '#dist/analyze/analyzer.js';
import { openAnalyzer } from '#dist/analyze/open-analyzer.js';
import type { Engine, Session } from '#dist/core/engine.js';
import { type AskEngine, createEngineHost, loadRemote } from '#dist/core/engine-link.js';
import type { Image } from '#dist/core/image.js';
import { createThreadEngine } from '#dist/node/engine/engine-thread.js';
import { encodeModel } from '#dist/onnx/encode.js';
import { Graph } from '#dist/onnx/graph.js';

/** A promise that the test settles. */
function latch<T = void>() {
  let open!: (value: T) => void;
  let fail!: (error: Error) => void;
  const promise = new Promise<T>((resolve, reject) => {
    open = resolve;
    fail = reject;
  });
  return { promise, open, fail };
}

/** Whether a promise has settled once everything that waits for nothing has run. */
async function settled(promise: Promise<unknown>): Promise<boolean> {
  let done = false;
  const note = () => {
    done = true;
  };
  promise.then(note, note);
  await new Promise((resolve) => setTimeout(resolve, 10));
  return done;
}

const image: Image = { width: 64, height: 64, channels: 1, data: new Uint8Array(64 * 64) };

/** An analyzer's parts that look and are freed when the test says so. */
function slowParts() {
  const look = latch<readonly []>();
  const freed = latch();
  const freeing: string[] = [];
  const part = (name: string) => ({
    name,
    version: '1',
    facePixels: 8,
    classify: async () => [],
    async dispose() {
      freeing.push(name);
      await freed.promise;
    },
  });
  const parts = {
    detector: { ...part('detector'), detect: () => look.promise },
    emotion: part('emotion'),
    age: part('age'),
  } as unknown as AnalyzerParts;
  return { parts, look, freed, freeing };
}

describe('an analyzer', () => {
  it.each(['ends', 'fails'])(
    'frees nothing while an analysis is under way, and is done when all is freed; one that %s',
    async (how) => {
      const { parts, look, freed, freeing } = slowParts();
      const analyzer = assembleAnalyzer(parts);
      const running = [analyzer.analyze(image), analyzer.detect(image)].map((call) => call.catch(() => undefined));
      const closing = analyzer.dispose();
      expect(await settled(closing)).toBe(false);
      expect(freeing).toEqual([]);
      await expect(analyzer.analyze(image)).rejects.toMatchObject({ code: 'disposed' });
      if (how === 'ends') look.open([]);
      else look.fail(new Error('no image'));
      await Promise.all(running);
      expect(await settled(closing)).toBe(false);
      expect(freeing.sort()).toEqual(['age', 'detector', 'emotion']);
      const again = analyzer.dispose();
      expect(await settled(again)).toBe(false);
      freed.open();
      await Promise.all([closing, again]);
      expect(freeing).toHaveLength(3);
    },
  );

  it('of which one part does not load frees the others before it says so', async () => {
    const { parts, freed, freeing } = slowParts();
    const emotion = Promise.reject(new Error('damaged'));
    const opening = openAnalyzer({ detector: Promise.resolve(parts.detector), emotion, age: Promise.resolve(parts.age) });
    expect(await settled(opening)).toBe(false);
    expect(freeing.sort()).toEqual(['age', 'detector']);
    freed.open();
    await expect(opening).rejects.toThrow('damaged');
  });
});

describe('a session on another thread', () => {
  const session = (freed: Promise<void>): Session => ({
    inputNames: ['x'],
    outputNames: ['y'],
    run: async () => ({}),
    dispose: () => freed,
  });

  it('is disposed once the far side has freed it, and then lets its thread go', async () => {
    const freed = latch();
    const engine: Engine = { device: 'cpu', load: async () => session(freed.promise) };
    const host = createEngineHost(async () => engine);
    let released = 0;
    const near = await loadRemote(host as AskEngine, new Uint8Array(), () => {
      released++;
    });
    const closing = near.dispose();
    expect(await settled(closing)).toBe(false);
    expect(released).toBe(0);
    await expect(near.run({})).rejects.toMatchObject({ code: 'disposed' });
    freed.open();
    await closing;
    await near.dispose();
    expect(released).toBe(1);
  });

  it('ends a run under way before it goes, in a real thread too', async () => {
    const graph = new Graph();
    const x = graph.input('x', ['N']);
    graph.output(graph.node('Add', [x, x], ['N']), 'y');
    const engine = createThreadEngine({ threads: 1 });
    const one = await engine.load(encodeModel(graph));
    const running = one.run({ x: { dims: [3], data: Float32Array.of(1, 2, 3) } });
    await one.dispose();
    expect([...(await running).y!.data]).toEqual([2, 4, 6]);
    await expect(one.run({ x: { dims: [1], data: Float32Array.of(1) } })).rejects.toMatchObject({ code: 'disposed' });
  });
});
