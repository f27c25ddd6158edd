/** What the service says when something fails, and when to come back: nothing of its insides, and never at once. */
import { pino } from 'pino';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { PhizError } from '#dist/core/error.js';
import { createApp } from '#dist/server/app.js';
import { Gate } from '#dist/server/gate.js';
import { createMetrics } from '#dist/server/metrics.js';
import { resolveOptions } from '#dist/server/options.js';
import { HttpProblem, problemBody, problemOf } from '#dist/server/problem.js';
import type { Service } from '#dist/server/service.js';

const SECRET = "ENOENT: no such file, open '/home/emma/.phiz/keys'";

/** An app whose photos all end with `error`; what it logs. */
function failing(error: unknown, { overloaded = false } = {}) {
  const logged: string[] = [];
  const metrics = createMetrics('0');
  const service = {
    version: '0',
    settings: resolveOptions({}),
    photos: {
      analyze: async () => {
        throw error;
      },
    },
    metrics,
    log: pino({}, { write: (line: string) => void logged.push(line) }),
    page: async () => undefined,
    load: { overloaded },
    draining: false,
  } as unknown as Service;
  const post = () => createApp(service).request('/v1/images', { method: 'POST', headers: { Host: 'localhost' } });
  return { post, logged, [Symbol.dispose]: () => metrics.close() };
}

describe("a failure of the service's own", () => {
  it.each([
    ['an error of the program', new Error(SECRET), 'internal-error'],
    ['a thrown text', SECRET, 'internal-error'],
    ['a file that cannot be read', new PhizError('unreadable-file', SECRET), 'internal-error'],
    ['a damaged model', new PhizError('model-damaged', SECRET), 'internal-error'],
    ['an engine that fails', new PhizError('engine-failed', SECRET), 'engine-failed'],
    ['an engine that is not there', new PhizError('engine-unavailable', SECRET), 'engine-unavailable'],
  ] as const)('is told without its message: %s', (_, error, code) => {
    const problem = problemOf(error);
    expect(problem).toMatchObject({ code, cause: error });
    expect(problem.status).toBeGreaterThanOrEqual(500);
    const body = problemBody(problem, 'request-1');
    expect(JSON.stringify(body)).not.toMatch(/emma|keys|ENOENT/);
    expect(body).toMatchObject({ code, requestId: 'request-1', detail: expect.stringContaining('log') });
  });

  it('leaves nothing of the message in the answer, and all of it in the log', async () => {
    using app = failing(new Error(SECRET));
    const answer = await app.post();
    expect(answer.status).toBe(500);
    const text = await answer.text();
    expect(text + JSON.stringify([...answer.headers])).not.toMatch(/emma|keys|ENOENT/);
    expect(JSON.parse(text)).toMatchObject({ code: 'internal-error', status: 500 });
    expect(app.logged.join('')).toContain('/home/emma');
  });

  it('that falls behind takes no uploads', async () => {
    using app = failing(new Error('never reached'), { overloaded: true });
    const answer = await app.post();
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '2']);
  });

  it("tells the caller's own faults in full", async () => {
    using app = failing(new PhizError('invalid-option', 'minFace must be above 0; got -1'));
    const answer = await app.post();
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ code: 'invalid-option', detail: 'minFace must be above 0; got -1' });
    const busy = new HttpProblem('busy', 'later', { headers: { 'Retry-After': '3' } });
    expect(problemOf(busy)).toBe(busy);
  });
});

describe('the time after which to come back', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  /** Takes a turn of so many seconds. */
  async function turn(gate: Gate, seconds: number): Promise<void> {
    using place = gate.enter();
    await place.turn();
    vi.advanceTimersByTime(1000 * seconds);
  }

  it('is a second at least, however quick the turns and whoever is inside', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const gate = new Gate({ concurrency: 8, queue: 0 });
    expect(gate.retryAfter).toBe(1);
    for (let i = 0; i < 100; i++) await turn(gate, 0);
    for (let i = 0; i < 8; i++) gate.enter();
    expect(() => gate.enter()).toThrow(expect.objectContaining({ headers: { 'Retry-After': '1' } }));
  });

  it('follows the mean time of a turn and those inside, up to ten minutes', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const gate = new Gate({ concurrency: 2, queue: 3 });
    await turn(gate, 100);
    // 0.2 s to begin with, then a tenth of the way to what was measured.
    const mean = 0.2 + 0.1 * (100 - 0.2);
    for (let i = 1; i <= 5; i++) {
      gate.enter();
      expect(gate.retryAfter).toBe(Math.ceil((mean * i) / 2));
    }
    expect(() => gate.enter()).toThrow(expect.objectContaining({ headers: { 'Retry-After': String(Math.ceil(2.5 * mean)) } }));
    const slow = new Gate({ concurrency: 1, queue: 0 });
    await turn(slow, 100_000);
    slow.enter();
    expect(slow.retryAfter).toBe(600);
  });
});
