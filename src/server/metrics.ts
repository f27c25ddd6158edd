/** What Prometheus may ask, in a registry of its own. Labels are routes, statuses and ends: never a name, an id or an address. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Where the gauges look when they are asked. */
export interface MetricSources {
  photos(): { readonly running: number; readonly waiting: number };
  jobs(): Promise<Readonly<Record<string, number>>>;
}

export interface Metrics {
  /** Type and text of the answer. */
  readonly contentType: string;
  text(): Promise<string>;
  /** From when on the gauges have something to look at. */
  watch(sources: MetricSources): void;
  request(about: { readonly method: string; readonly route: string; readonly status: number; readonly seconds: number }): void;
  photoDone(faces: number, seconds: number): void;
  jobEnded(end: string, seconds: number): void;
  close(): void;
}

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export function createMetrics(version: string): Metrics {
  const registry = new Registry();
  const registers = [registry];
  let sources: MetricSources | undefined;
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();

  const requests = new Counter({
    name: 'phiz_http_requests_total',
    help: 'Requests answered',
    labelNames: ['method', 'route', 'status'],
    registers,
  });
  const duration = new Histogram({
    name: 'phiz_http_request_duration_seconds',
    help: 'From the headers of a request to those of its answer',
    labelNames: ['method', 'route'],
    buckets: SECONDS,
    registers,
  });
  const photos = new Histogram({
    name: 'phiz_photo_seconds',
    help: 'Decoding and analysis of a photo, without waiting',
    buckets: SECONDS,
    registers,
  });
  const faces = new Counter({ name: 'phiz_photo_faces_total', help: 'Faces found in photos', registers });
  const jobs = new Histogram({
    name: 'phiz_job_seconds',
    help: 'Attempts at jobs, by how they ended',
    labelNames: ['end'],
    buckets: [1, 3, 10, 30, 100, 300, 1000, 3000, 10_000],
    registers,
  });
  new Gauge({
    name: 'phiz_photos',
    help: 'Photos being analysed, and waiting',
    labelNames: ['state'],
    registers,
    collect() {
      for (const [state, count] of Object.entries(sources?.photos() ?? {})) this.set({ state }, count);
    },
  });
  new Gauge({
    name: 'phiz_jobs',
    help: 'Jobs by state',
    labelNames: ['state'],
    registers,
    async collect() {
      for (const [state, count] of Object.entries((await sources?.jobs()) ?? {})) this.set({ state }, count);
    },
  });
  new Gauge({
    name: 'process_resident_memory_bytes',
    help: 'Memory of the service, without that of jobs',
    registers,
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
  new Gauge({
    name: 'process_cpu_seconds_total',
    help: 'Processor time of the service, without that of jobs',
    registers,
    collect() {
      const { user, system } = process.cpuUsage();
      this.set((user + system) / 1e6);
    },
  });
  new Gauge({
    name: 'phiz_event_loop_delay_seconds',
    help: '99th percentile since the last question',
    registers,
    collect() {
      this.set(delay.percentile(99) / 1e9);
      delay.reset();
    },
  });
  new Gauge({ name: 'phiz_info', help: 'The version that runs', labelNames: ['version'], registers }).set({ version }, 1);

  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    watch(given) {
      sources = given;
    },
    request({ method, route, status, seconds }) {
      requests.inc({ method, route, status });
      duration.observe({ method, route }, seconds);
    },
    photoDone(count, seconds) {
      faces.inc(count);
      photos.observe(seconds);
    },
    jobEnded(end, seconds) {
      jobs.observe({ end }, seconds);
    },
    close: () => void delay.disable(),
  };
}
