/** What a worker says of itself: alive, ready, and metrics for Prometheus, whose `phiz_jobs{state="queued"}` by kind is what to scale by. */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { AttemptEnd } from './attempt.js';
import type { SharedJobQueue } from './shared-work.js';

export interface WorkerMetrics {
  ended(end: AttemptEnd, seconds: number): void;
  answer(path: string): Promise<{ readonly status: number; readonly type: string; readonly text: string }>;
}

export function createWorkerMetrics({
  queue,
  running,
}: {
  readonly queue: SharedJobQueue;
  readonly running: () => number;
}): WorkerMetrics {
  const registry = new Registry();
  const registers = [registry];
  const seconds = new Histogram({
    name: 'phiz_job_seconds',
    help: 'Attempts of this worker at jobs, by how they ended',
    labelNames: ['end'],
    buckets: [0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000, 3000, 10_000],
    registers,
  });
  const attempts = new Counter({
    name: 'phiz_attempts_total',
    help: 'Attempts of this worker at jobs, by how they ended',
    labelNames: ['end'],
    registers,
  });
  new Gauge({
    name: 'phiz_jobs',
    help: 'Jobs of the whole queue by kind and state; queued ones are what to scale by',
    labelNames: ['kind', 'state'],
    registers,
    async collect() {
      for (const [kind, counts] of Object.entries(await queue.countsByKind()))
        for (const [state, count] of Object.entries(counts)) this.set({ kind, state }, count);
    },
  });
  new Gauge({
    name: 'phiz_worker_running',
    help: 'Jobs under way here',
    registers,
    collect() {
      this.set(running());
    },
  });
  new Gauge({
    name: 'process_resident_memory_bytes',
    help: 'Memory of the worker, without that of its jobs',
    registers,
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
  const plain = (status: number, text: string) => ({ status, type: 'text/plain', text: `${text}\n` });
  const reached = (): Promise<boolean> =>
    queue.ping().then(
      () => true,
      () => false,
    );
  return {
    ended(end, took) {
      seconds.observe({ end }, took);
      attempts.inc({ end });
    },
    async answer(path) {
      if (path === '/healthz') return plain(200, 'ok');
      if (path !== '/readyz' && path !== '/metrics') return plain(404, '/healthz, /readyz and /metrics are here');
      // While Redis is away its questions would wait for it.
      if (!(await reached())) return plain(503, 'the queue does not answer');
      return path === '/readyz' ? plain(200, 'ok') : { status: 200, type: registry.contentType, text: await registry.metrics() };
    },
  };
}
