/** In which forms `openClip` and `analyzeClip` take a clip, and how shortly they say what they do not take. */
import { createReadStream, readFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { analyzeClip } from '#dist/apps/analyze/analyze-clip.js';
import { PhizError } from '#dist/core/error.js';
import { openClip } from '#dist/node/video/open-clip.js';

const path = fileURLToPath(new URL('../../samples/expressions.mp4', import.meta.url));
const bytes = readFileSync(path);
const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
const uri = `data:video/mp4;base64,${bytes.toString('base64')}`;

describe('a clip', () => {
  it.each([
    ['a path', path],
    ['a URL', pathToFileURL(path)],
    ['a URL as text', pathToFileURL(path).href],
    ['an ArrayBuffer', buffer],
    ['a Uint8ClampedArray', new Uint8ClampedArray(buffer)],
    ['a DataView', new DataView(buffer)],
    ['a Blob', new Blob([buffer])],
    ['a stream of Node', () => createReadStream(path)],
    ['a stream of the web', () => new Blob([buffer]).stream()],
    ['a data: URI', uri],
    ['a data: URL', new URL(uri)],
  ])('is %s', async (_, given) => {
    const source = typeof given === 'function' ? given() : given;
    await using clip = await openClip(source as never);
    expect(clip.facts).toMatchObject({ width: 640, height: 480, duration: 14, frameCount: 350 });
  });

  it('is analysed in each form', { timeout: 60_000 }, async () => {
    const { summary } = await analyzeClip(new Blob([buffer]), { stream: { fps: 1, to: 2 } });
    expect(summary).toMatchObject({ source: 'clip', complete: true, people: [{ person: 1 }] });
  });

  it('of another form is refused in a few words', async () => {
    const long = 'x'.repeat(400_000);
    for (const source of [null, undefined, 7, {}, [bytes], 'https://example.com/a.mp4', new URL('https://example.com/a.mp4')])
      await expect(openClip(source as never)).rejects.toMatchObject({ code: 'invalid-option' });
    for (const source of ['file://./a.mp4', 'file://host/a.mp4', new URL('file://host/a.mp4')])
      await expect(openClip(source)).rejects.toMatchObject({ code: 'invalid-option', message: /names no file here/ });
    for (const source of [long, `data:video/mp4;base64,${long}`, `data:${long}`, { [long]: 1 }]) {
      const error = await openClip(source as never).catch((cause: Error) => cause);
      expect(error).toBeInstanceOf(PhizError);
      expect((error as Error).message.length).toBeLessThan(300);
    }
  });
});
