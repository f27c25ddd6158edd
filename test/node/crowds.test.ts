/** Crowds: silent connections, slow bodies, wrong keys, a service that falls behind. Whoever behaves is served all the while. */
import { EventEmitter } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Turns } from '#dist/node/queue/turns.js';
import { ClipPlaces } from '#dist/server/clip-places.js';
import { limitConnections } from '#dist/server/connections.js';
import { Gate } from '#dist/server/gate.js';
import { watchLoad } from '#dist/server/load-watch.js';
import { WrongKeys } from '#dist/server/wrong-keys.js';
import { until } from './fixtures/service.js';

describe('connections', () => {
  const sockets: Socket[] = [];
  let server: Server | undefined;
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
    server?.close();
  });
  const listen = (
    limits: Parameters<typeof limitConnections>[1],
    answer: RequestListener = (_, response) => void response.end('ok'),
  ): Promise<number> => {
    server = createServer(answer);
    limitConnections(server, limits);
    return new Promise((resolve) => {
      server!.listen(0, '127.0.0.1', () => resolve((server!.address() as { port: number }).port));
    });
  };
  const dial = (port: number, localAddress = '127.0.0.1'): Promise<Socket> =>
    new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', localAddress }, () => resolve(socket));
      socket.on('error', reject);
      sockets.push(socket);
    });
  const ask = async (port: number): Promise<string> => {
    const socket = await dial(port);
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
    return new Promise((resolve) => socket.once('data', (data) => resolve(`${data}`)));
  };

  it('that say nothing make room for others, the longest silent first', async () => {
    const port = await listen({ most: 20, mostPerAddress: 20 });
    const crowd = await Promise.all(Array.from({ length: 20 }, () => dial(port)));
    for (let i = 0; i < 10; i++) expect(await ask(port)).toContain('200 OK');
    await until(() => (crowd.filter(({ destroyed }) => destroyed).length >= 1 ? true : undefined), 'silent ones to go');
  });

  it.skipIf(process.platform !== 'linux')('of one address leave room for those of others', async () => {
    const port = await listen({ most: 100, mostPerAddress: 5 });
    const other = await dial(port, '127.0.0.2');
    const crowd: Socket[] = [];
    for (let i = 0; i < 12; i++) crowd.push(await dial(port, '127.0.0.3'));
    await until(() => (crowd.filter(({ destroyed }) => destroyed).length === 7 ? true : undefined), 'seven to go');
    expect(other.destroyed).toBe(false);
    expect(crowd.slice(-5).every(({ destroyed }) => !destroyed)).toBe(true);
  });

  it('that ask for something large and do not take it are ended, and slow ones that do are not', async () => {
    const large = Buffer.alloc(200 << 20);
    const port = await listen({ most: 20, mostPerAddress: 20, patience: 2 }, (_, response) => void response.end(large));
    const ask = async (): Promise<Socket> => {
      const socket = await dial(port);
      socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
      return socket;
    };
    const [deaf, slow] = [await ask(), await ask()];
    deaf.pause();
    slow.pause();
    let taken = 0;
    const sipping = setInterval(() => {
      taken += slow.read()?.length ?? 0;
    }, 20);
    // Whoever does not read hears of the end only by what cannot be written.
    const connections = () => new Promise<number>((resolve) => server!.getConnections((_, count) => resolve(count)));
    await until(async () => ((await connections()) === 1 ? true : undefined), 'the deaf one to go');
    await new Promise((resolve) => setTimeout(resolve, 4000));
    expect(await connections()).toBe(1);
    expect(taken).toBeGreaterThan(0);
    clearInterval(sipping);
  });

  it('with thousands of requests at once are ended, and what they asked for is not done', async () => {
    let asked = 0;
    const port = await listen({}, (request, response) => {
      // As serve.ts has it.
      if (!request.socket.destroyed) asked++;
      setTimeout(() => response.end('ok'), 20);
    });
    const some = await dial(port);
    let text = '';
    some.on('data', (data) => {
      text += data;
    });
    some.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(8));
    await until(() => (text.split('200 OK').length === 9 ? true : undefined), 'eight answers');
    // And again, now that they are done.
    some.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(8));
    await until(() => (text.split('200 OK').length === 17 ? true : undefined), 'sixteen answers');
    expect(asked).toBe(16);
    const crowd = connect(port, '127.0.0.1');
    sockets.push(crowd);
    const ended = new Promise((resolve) => crowd.once('close', resolve));
    crowd.on('error', () => {});
    crowd.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(5000));
    await ended;
    expect(asked).toBe(24);
    expect(await ask(port)).toContain('200 OK');
  });

  it('under way are not ended for new ones', () => {
    const server = new EventEmitter();
    limitConnections(server as unknown as Server, { most: 2, mostPerAddress: 2 });
    const open = () => Object.assign(new EventEmitter(), { remoteAddress: 'a', destroyed: false, destroy: vi.fn() });
    const [first, second, third] = [open(), open(), open()];
    for (const socket of [first, second]) {
      server.emit('connection', socket);
      server.emit('request', { socket }, Object.assign(new EventEmitter(), { setTimeout: () => {} }));
    }
    server.emit('connection', third);
    expect([first, second, third].map(({ destroy }) => destroy.mock.calls.length)).toEqual([0, 0, 1]);
  });
});

describe('places for photos', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('go to whoever comes where one caller has them all', () => {
    const gate = new Gate({ concurrency: 2, queue: 4 });
    const crowd = Array.from({ length: 6 }, () => gate.enter('crowd'));
    expect(() => gate.enter('crowd')).toThrow(expect.objectContaining({ code: 'busy' }));
    gate.enter('other');
    expect(crowd.map(({ signal }) => signal.aborted)).toEqual([false, false, false, false, false, true]);
    expect(crowd[5]!.signal.reason).toMatchObject({ code: 'busy' });
    crowd[5]![Symbol.dispose]();
    // Up to a fair share, not beyond.
    gate.enter('other');
    crowd[4]![Symbol.dispose]();
    expect(() => gate.enter('other')).not.toThrow();
    expect(() => gate.enter('other')).toThrow(expect.objectContaining({ code: 'busy' }));
  });

  it('are given up by bodies that come slowly, whoever sends them', () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const gate = new Gate({ concurrency: 1, queue: 1 });
    const slow = [gate.enter('a'), gate.enter('a')];
    expect(() => gate.enter('a')).toThrow();
    vi.advanceTimersByTime(6000);
    gate.enter('a');
    expect(slow.map(({ signal }) => signal.aborted)).toEqual([true, false]);
  });

  it('stay with those whose upload is whole', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const gate = new Gate({ concurrency: 1, queue: 0 });
    const place = gate.enter('a');
    await place.turn();
    vi.advanceTimersByTime(60_000);
    expect(() => gate.enter('b')).toThrow();
    expect(place.signal.aborted).toBe(false);
  });
});

describe('places for clips', () => {
  afterEach(() => {
    vi.useRealTimers();
  });
  const places = (count: number, waiting = { length: 0, of: () => 0 } as ConstructorParameters<typeof ClipPlaces>[1]) =>
    new ClipPlaces({ queue: count - 1, jobs: 1 }, waiting);
  const enter = (one: ClipPlaces, from: string, keyed = false) => one.enter({ from, keyed, running: 0, seconds: 1 });
  const busy = expect.objectContaining({ code: 'busy' });

  it('are given up by bodies that come slowly, and by the caller who has most', () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const one = places(3);
    const crowd = Array.from({ length: 3 }, () => {
      vi.advanceTimersByTime(1);
      return enter(one, 'crowd');
    });
    expect(() => enter(one, 'crowd')).toThrow(busy);
    const other = enter(one, 'other');
    expect(crowd.map(({ signal }) => signal.aborted)).toEqual([false, false, true]);
    crowd[2]![Symbol.dispose]();
    crowd[0]!.settle();
    vi.advanceTimersByTime(6000);
    enter(one, 'crowd');
    // The first is whole, so its place is nobody else's.
    expect([crowd[0]!, crowd[1]!, other].map(({ signal }) => signal.aborted)).toEqual([false, true, false]);
  });

  it('go to one key only in part, and in turns', () => {
    const queue = new Turns<{ readonly owner: string }>(({ owner }) => ({ owner, priority: 5 }));
    const one = places(4, queue);
    for (let i = 0; i < 3; i++) {
      using _ = enter(one, 'a', true);
      queue.push({ owner: 'a' });
    }
    expect(() => enter(one, 'a', true)).toThrow(busy);
    enter(one, 'b', true)[Symbol.dispose]();
    queue.push({ owner: 'b' });
    expect(Array.from({ length: 5 }, () => queue.take()?.owner)).toEqual(['a', 'b', 'a', 'a', undefined]);
  });
});

it('wrong keys are answered in the same time each, and only some of an address wait', async () => {
  const wrong = new WrongKeys();
  const begun = performance.now();
  const times: number[] = [];
  const answers = await Promise.allSettled(
    Array.from({ length: 200 }, (_, i) => wrong.hold(i % 2 ? 'a' : 'b').then(() => times.push(performance.now() - begun))),
  );
  const refused = answers.filter((answer) => answer.status === 'rejected');
  expect(refused).toHaveLength(192);
  expect(refused.every(({ reason }) => reason.code === 'busy' && reason.headers['Retry-After'] === '1')).toBe(true);
  expect(Math.min(...times)).toBeGreaterThan(240);
  // When they are told, others may come.
  await expect(wrong.hold('a')).resolves.toBeUndefined();
});

it('a service that falls behind says so, until it has caught up', async () => {
  using load = watchLoad();
  expect(load.overloaded).toBe(false);
  const busy = setInterval(() => {
    for (const end = performance.now() + 600; performance.now() < end; );
  }, 1);
  await until(() => load.overloaded || undefined, 'the delay to be seen');
  clearInterval(busy);
  await until(() => !load.overloaded || undefined, 'it to catch up');
});
