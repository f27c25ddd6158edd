/**
 * What is kept of a session or a clip so that it can be saved: the frames' results, never the images, but for small ones where the
 * user wants them in the report. The files are those that `phiz analyze` writes, under the same names.
 */
import {
  type BoundingBox,
  type BrowserAnalyzer,
  createSummary,
  type FrameResult,
  type ModelCard,
  type SummaryEnd,
  type SummaryOptions,
  timelineCsvHeader,
  timelineCsvRows,
  type VideoSummary,
} from '#dist/browser/index.js';
import { writeReportImages } from '#dist/report/pages/report-images.js';
import { timelineColumns } from '#dist/report/tables/timeline-csv.js';
import { type SizedBitmap, Thumbnails } from './thumbnails.js';

/** Frames kept at most: two hours at 30 a second, about 400 MB. */
const MOST_FRAMES = 216_000;

export interface RecordingOptions {
  /** Name of the clip, or of the session. */
  readonly source: string;
  /** What reads the faces. */
  readonly analyzer: Pick<BrowserAnalyzer, 'models' | 'attributes'>;
  /** The cards of the user's own models, which lie nowhere for the report to find. */
  readonly cards: readonly ModelCard[];
  readonly settings: VideoSummary['settings'];
  /** Whether small images are kept for the report. */
  readonly images: boolean;
}

export class Recording {
  readonly #options: RecordingOptions;
  readonly #frames: FrameResult[] = [];
  readonly #people = new Set<number>();
  readonly #thumbnails: Thumbnails | undefined;
  #blurred = false;
  #facts: SummaryOptions['facts'] | undefined;
  #end: SummaryEnd = {};

  constructor(options: RecordingOptions) {
    this.#options = options;
    this.#thumbnails = options.images ? new Thumbnails() : undefined;
  }

  get frames(): readonly FrameResult[] {
    return this.#frames;
  }

  /** How many persons were seen. */
  get people(): number {
    return this.#people.size;
  }

  /** No more is taken: what was recorded should be saved. */
  get full(): boolean {
    return this.#frames.length >= MOST_FRAMES;
  }

  /** What the file names begin with. */
  get name(): string {
    return this.#options.source.replace(/\.[^.]*$/, '') || 'session';
  }

  /** Whether a small image of this frame is kept. */
  wantsImage(frame: FrameResult): boolean {
    return this.#thumbnails?.wants(frame) ?? false;
  }

  /** `hide`: where faces are hidden in the image now; undefined where they are not. */
  add(frame: FrameResult, shown: SizedBitmap, hide: readonly BoundingBox[] | undefined): void {
    if (this.full) return;
    this.#frames.push(frame);
    for (const { person } of frame.faces) this.#people.add(person);
    if (hide) this.#blurred = true;
    this.#thumbnails?.add(frame, shown, hide);
  }

  finish(facts: SummaryOptions['facts'], end: SummaryEnd = {}): this {
    this.#facts = facts;
    this.#end = end;
    return this;
  }

  summary(): VideoSummary {
    const { source, settings } = this.#options;
    const { models, attributes } = this.#options.analyzer;
    const about = { source, models, attributes, settings: { ...settings, blur: this.#blurred } };
    const summary = createSummary({ ...about, facts: this.#facts! });
    for (const frame of this.#frames) summary.add(frame);
    return summary.finish(this.#end);
  }

  json(): Blob {
    return new Blob([`${JSON.stringify(this.summary(), undefined, 2)}\n`], { type: 'application/json' });
  }

  ndjson(): Blob {
    return new Blob(
      this.#frames.map((frame) => `${JSON.stringify(frame)}\n`),
      { type: 'application/x-ndjson' },
    );
  }

  csv(): Blob {
    const table = { columns: timelineColumns(this.#options.analyzer.attributes) };
    return new Blob([timelineCsvHeader(table), ...this.#frames.map((frame) => timelineCsvRows(frame, table))], {
      type: 'text/csv',
    });
  }

  /** The small images in the report, for making it again; undefined where there are none. */
  get images(): Blob | undefined {
    const images = this.#thumbnails?.read();
    return images && new Blob([writeReportImages(images)], { type: 'application/json' });
  }

  async report(): Promise<Blob> {
    const { reportOf } = await import('./report-file.js');
    const images = this.#thumbnails?.read();
    const { cards, analyzer } = this.#options;
    const made = { summary: this.summary(), frames: this.#frames, images, blurred: this.#blurred };
    const text = await reportOf({ ...made, attributes: analyzer.attributes, own: cards });
    return new Blob([text], { type: 'text/html' });
  }
}
