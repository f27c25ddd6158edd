/** The parts of the service that requests cannot drive into every corner. */
import { describe, expect, it, vi } from 'vitest';
import { callAfter } from '#dist/server/alarm.js';
import { Gate } from '#dist/server/gate.js';
import { hashOf } from '#dist/server/key-file.js';
import { keyCheck } from '#dist/server/keys.js';
import { boundaryOf, openMultipart } from '#dist/server/multipart.js';

async function* pieces(body: Buffer, size: number): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < body.length; at += size) yield body.subarray(at, at + size);
}

const form = (content: string | Buffer, { end = '\r\n--B--\r\n', head = 'name="file"; filename="a \\"b\\".png"' } = {}): Buffer =>
  Buffer.concat([
    Buffer.from(`--B\r\nContent-Disposition: form-data; ${head}\r\nContent-Type: image/png\r\n\r\n`),
    Buffer.from(content),
    Buffer.from(end),
  ]);

async function read(body: Buffer, size: number): Promise<{ name: string | undefined; bytes: Buffer }> {
  const { filename, chunks } = await openMultipart(pieces(body, size), 'B');
  const got: Uint8Array[] = [];
  for await (const chunk of chunks) got.push(Buffer.from(chunk));
  return { name: filename, bytes: Buffer.concat(got) };
}

describe('a form', () => {
  // Beginnings of boundaries, and what looks like one, wherever pieces are cut.
  const content = Buffer.from('x\r\n--\r\n--A\r\n-\r\r\n--\n--B\r--B\r\n -B\r\n');
  it.each(Array.from({ length: 40 }, (_, i) => i + 1))('is read in pieces of %i bytes', async (size) => {
    const { name, bytes } = await read(form(content), size);
    expect(bytes.toString('latin1')).toBe(content.toString('latin1'));
    expect(name).toBe('a "b".png');
  });

  it('may hold an empty file, a preamble and an epilogue', async () => {
    expect((await read(form(''), 3)).bytes).toHaveLength(0);
    const dressed = Buffer.concat([Buffer.from('hello\r\n'), form('abc'), Buffer.from('bye')]);
    expect((await read(dressed, 4)).bytes.toString()).toBe('abc');
  });

  it.each([
    ['cut off in the file', form('abc', { end: '' }), 'upload-incomplete'],
    ['cut off in the last boundary', form('abc', { end: '\r\n--B-' }), 'upload-incomplete'],
    ['cut off in the headers', Buffer.from('--B\r\nContent-Dispo'), 'upload-incomplete'],
    ['without parts', Buffer.from('--B--\r\n'), 'no-upload'],
    ['without a boundary', Buffer.alloc(20_000), 'no-upload'],
    ['with endless headers', Buffer.from(`--B\r\n${'X: y\r\n'.repeat(5000)}`), 'no-upload'],
    ['with another part', form('abc', { head: 'name="other"' }), 'invalid-option'],
    ['with a part without a name', form('abc', { head: 'filename="file"' }), 'invalid-option'],
    ['with a part without headers', Buffer.from('--B\r\n\r\nabc\r\n--B--'), 'invalid-option'],
    [
      'with two files',
      form('abc', { end: '\r\n--B\r\nContent-Disposition: form-data; name="file"\r\n\r\nx\r\n--B--' }),
      'invalid-option',
    ],
  ])('%s is refused', async (_, body, code) => {
    await expect(read(body, 7)).rejects.toMatchObject({ code });
  });

  it('names its boundary, bare or quoted', () => {
    expect(boundaryOf('multipart/form-data; boundary=abc')).toBe('abc');
    expect(boundaryOf('multipart/form-data; charset=utf-8; boundary="a b;c"')).toBe('a b;c');
    expect(boundaryOf('multipart/form-data')).toBeUndefined();
  });
});

describe('the queue', () => {
  it('gives turns in order, a few at a time, and sends away whom it cannot hold', async () => {
    const gate = new Gate({ concurrency: 2, queue: 2 });
    const places = Array.from({ length: 4 }, () => gate.enter());
    expect(() => gate.enter()).toThrow(expect.objectContaining({ code: 'busy', headers: { 'Retry-After': expect.any(String) } }));
    const order: number[] = [];
    const turns = places.map((place, i) => place.turn().then(() => order.push(i)));
    await Promise.all(turns.slice(0, 2));
    expect(order).toEqual([0, 1]);
    expect(gate.load).toEqual({ running: 2, waiting: 2 });
    places[1]![Symbol.dispose]();
    await turns[2];
    places[0]![Symbol.dispose]();
    await turns[3];
    expect(order).toEqual([0, 1, 2, 3]);
    for (const place of places) place[Symbol.dispose]();
    expect(gate.load).toEqual({ running: 0, waiting: 0 });
  });

  it('forgets who goes away, waiting or before', async () => {
    const gate = new Gate({ concurrency: 1, queue: 3 });
    const [first, second, third] = [gate.enter(), gate.enter(), gate.enter()];
    await first!.turn();
    const leaving = new AbortController();
    const waiting = second!.turn(leaving.signal);
    const next = third!.turn();
    leaving.abort(new Error('gone'));
    await expect(waiting).rejects.toThrow('gone');
    second![Symbol.dispose]();
    first![Symbol.dispose]();
    await next;
    await expect(gate.enter().turn(AbortSignal.abort(new Error('never')))).rejects.toThrow('never');
    expect(gate.load.running).toBe(1);
  });
});

it('a key fits as a whole or not at all, and says whose it is', () => {
  const keys = ['first-key-0123456789', 'zweiter-schlüssel-ß'];
  const records = keys.map((key, i) => ({
    name: `key-${i}`,
    admin: i === 1,
    hash: hashOf(key).toString('hex'),
    created: new Date().toISOString(),
  }));
  const whose = keyCheck(records);
  expect(keys.map((key) => whose(key)?.admin)).toEqual([false, true]);
  expect(whose(keys[0]!)?.id).not.toBe(whose(keys[1]!)?.id);
  for (const other of ['', 'first-key', 'first-key-01234567890', 'FIRST-KEY-0123456789']) expect(whose(other)).toBeUndefined();
});

it('an alarm comes when its time is over, however long, and whatever the clock says', () => {
  vi.useFakeTimers();
  try {
    const DAY = 86_400_000;
    const rung = vi.fn();
    callAfter(60 * DAY, rung);
    callAfter(60 * DAY, rung)[Symbol.dispose]();
    vi.setSystemTime(Date.now() + 400 * DAY);
    vi.advanceTimersByTime(59 * DAY);
    vi.setSystemTime(0);
    expect(rung).not.toHaveBeenCalled();
    vi.advanceTimersByTime(DAY);
    expect(rung).toHaveBeenCalledOnce();
  } finally {
    vi.useRealTimers();
  }
});
