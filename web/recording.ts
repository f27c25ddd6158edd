/**
 * What is kept of a session or a clip so that it can be saved: the frames' results, never the images, but for small ones where the
 * user wants them in the report. The files are those that `phiz analyze` writes, under the same names.
 */
import {
  type BoundingBox,
  type BrowserAnalyzer,
  createSummary,
  type FrameResult,
  type SummaryEnd,
  type SummaryOptions,
  timelineCsvHeader,
  timelineCsvRows,
  type VideoSummary,
} from '#dist/browser/index.js';
import { writeReportPictures } from '#dist/report/pages/report-pictures.js';
import { type SmallPicture, Thumbnails } from './thumbnails.js';

/** Frames kept at most: two hours at 30 a second, about 400 MB. */
const MOST_FRAMES = 216_000;

export interface RecordingOptions {
  /** Name of the clip, or of the session. */
  readonly source: string;
  readonly models: BrowserAnalyzer['models'];
  readonly settings: VideoSummary['settings'];
  /** Whether small images are kept for the report. */
  readonly pictures: boolean;
}

export class Recording {
  readonly #options: RecordingOptions;
  readonly #frames: FrameResult[] = [];
  readonly #thumbnails: Thumbnails | undefined;
  #blurred = false;
  #facts: SummaryOptions['facts'] | undefined;
  #end: SummaryEnd = {};

  constructor(options: RecordingOptions) {
    this.#options = options;
    this.#thumbnails = options.pictures ? new Thumbnails() : undefined;
  }

  get frames(): readonly FrameResult[] {
    return this.#frames;
  }

  /** No more is taken: what was recorded should be saved. */
  get full(): boolean {
    return this.#frames.length >= MOST_FRAMES;
  }

  /** What the file names begin with. */
  get name(): string {
    return this.#options.source.replace(/\.[^.]*$/, '') || 'session';
  }

  /** `hide`: where faces are hidden in the image now; undefined where they are not. */
  add(frame: FrameResult, shown: SmallPicture, hide: readonly BoundingBox[] | undefined): void {
    if (this.full) return;
    this.#frames.push(frame);
    if (hide) this.#blurred = true;
    this.#thumbnails?.add(frame, shown, hide);
  }

  finish(facts: SummaryOptions['facts'], end: SummaryEnd = {}): this {
    this.#facts = facts;
    this.#end = end;
    return this;
  }

  summary(): VideoSummary {
    const { source, models, settings } = this.#options;
    const summary = createSummary({ source, models, settings: { ...settings, blur: this.#blurred }, facts: this.#facts! });
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
    return new Blob([timelineCsvHeader(), ...this.#frames.map((frame) => timelineCsvRows(frame))], { type: 'text/csv' });
  }

  /** The small images in the report, for making it again; undefined where there are none. */
  get pictures(): Blob | undefined {
    const pictures = this.#thumbnails?.read();
    return pictures && new Blob([writeReportPictures(pictures)], { type: 'application/json' });
  }

  async report(): Promise<Blob> {
    const { reportOf } = await import('./report-file.js');
    const pictures = this.#thumbnails?.read();
    const text = await reportOf({ summary: this.summary(), frames: this.#frames, pictures, blurred: this.#blurred });
    return new Blob([text], { type: 'text/html' });
  }
}
