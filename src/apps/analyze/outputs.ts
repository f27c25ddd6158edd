/**
 * All files that one run over a clip writes, but for the annotated video: frames go in one by one, and at the end, also an early
 * one, the files appear, each whole. Memory does not grow with the clip.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ATTRIBUTES, classSubjects } from '../../attributes/index.js';
import { PhizError } from '../../core/error.js';
import type { BoundingBox } from '../../core/geometry.js';
import type { Image } from '../../core/image.js';
import { FRAME_FORMATS, type FrameFormat, openFormats } from '../../node/files/frame-formats.js';
import type { FrameSink } from '../../node/files/frame-sink.js';
import { makeFolder } from '../../node/files/make-folder.js';
import { formatsOf } from '../../node/files/output-format.js';
import { writeAtomic } from '../../node/files/write-atomic.js';
import { createThumbnails } from '../../node/video/thumbnails.js';
import { writeReportImages } from '../../report/pages/report-images.js';
import { createSummary, type SummaryEnd, type SummaryOptions } from '../../report/sums/summary.js';
import { createTimelines } from '../../report/sums/timeline-series.js';
import type { CsvSeparator } from '../../report/tables/csv-spelling.js';
import type { FrameResult, VideoSummary } from '../../results/video-result.js';
import { type ClipFormatName, checkFormats } from './formats.js';
import { imagesPath, reportPaths, writeReportFiles } from './report-files.js';

/** Where the files of a clip go, and what is in them. */
export interface OutputsOptions extends SummaryOptions {
  /** Folder; made where it is missing. */
  readonly out: string;
  /** What the files' names begin with. */
  readonly name: string;
  /** Formats written besides those of every run, such as `parquet`. Default: none. */
  readonly formats?: readonly ClipFormatName[] | undefined;
  /** Between the cells of the table. Default: ','. */
  readonly csvSeparator?: CsvSeparator | undefined;
  /** Hide the faces in the report's images. Default: false. */
  readonly blur?: boolean | undefined;
  /** Small images of the clip, and of its people, in the report. Default: where faces are not hidden. */
  readonly thumbnails?: boolean | undefined;
  /** The report's title; default: one with the file's name. */
  readonly title?: string | undefined;
}

/** The files of a clip while they are written. */
export interface Outputs extends AsyncDisposable {
  /** What `finish` leaves: before it, what may be left. */
  readonly paths: readonly string[];
  /**
   * Takes the next analysed frame, one call at a time; `image`, the frame's image, gives the report its thumbnails and is not
   * kept; with `blur` what is in `hide` is hidden in them as well as the frame's faces. Throws PhizError `unwritable-file`.
   */
  add(frame: FrameResult, image?: Image, hide?: readonly BoundingBox[]): Promise<void>;
  /** Writes everything. To be called also after a clip that was stopped or is damaged, with `complete: false` and why. */
  finish(end?: SummaryEnd): Promise<VideoSummary>;
  /** Leaves no file; does nothing after `finish`. Disposing does the same. */
  abort(): Promise<void>;
}

/**
 * Opens `<name>.frames.ndjson`, `.timeline.csv`, and what `formats` asks for; `finish` adds `<name>.json`,
 * `.timeline.svg`, `.timeline.png` and `.report.html`, and with `thumbnails` `.pictures.json`. Throws PhizError `invalid-option`, `unwritable-file`, before any work is done.
 */
export async function openOutputs(options: OutputsOptions): Promise<Outputs> {
  const { out, name, formats = [], blur = false, thumbnails: illustrated = !blur, title, attributes, csvSeparator } = options;
  if (name === '' || /[\\/\0]/.test(name))
    throw new PhizError('invalid-option', `the name of a clip's files must be a file name without folder; got '${name}'`);
  checkFormats(formats);
  await makeFolder(out, { mode: 0o700 });
  const of = (ending: string) => join(out, `${name}.${ending}`);
  const json = of('json');
  const sinks: readonly FrameSink[] = await openFormats(formatsOf<FrameFormat>(FRAME_FORMATS, formats), of, {
    attributes,
    csvSeparator,
  });
  const abort = async (): Promise<void> => {
    for (const sink of sinks) await sink.abort();
  };
  // A report made again asks the settings whether its images hide faces.
  const summary = createSummary({ ...options, settings: { ...options.settings, blur } });
  const timelines = createTimelines(attributes);
  const beside = imagesPath(out, name);
  // An attribute that nobody was seen with gets no timeline.
  let reported: readonly string[] = reportPaths(out, name, { formats, subjects: classSubjects(attributes ?? ATTRIBUTES) }).all;
  const thumbnails = illustrated ? createThumbnails({ blur }) : undefined;
  return {
    get paths() {
      return [json, ...sinks.map(({ path }) => path), ...reported, ...(thumbnails ? [beside] : [])];
    },
    async add(frame, image, hide) {
      summary.add(frame);
      timelines.add(frame);
      for (const sink of sinks) await sink.add(frame);
      if (image) await thumbnails?.add(frame, image, hide);
    },
    async finish(end) {
      const result = summary.finish(end);
      try {
        for (const sink of sinks) await sink.finish();
      } finally {
        await abort();
      }
      await writeAtomic(json, `${JSON.stringify(result, undefined, 2)}\n`, { private: true });
      const images = thumbnails?.read();
      if (images) await writeAtomic(beside, writeReportImages(images), { private: true });
      // Those of an earlier run may show faces that are to be hidden now.
      else await rm(beside, { force: true });
      reported = await writeReportFiles({
        out,
        name,
        summary: result,
        timelines: timelines.finish(),
        formats,
        title,
        images,
        blurred: blur,
        attributes,
      });
      return result;
    },
    abort,
    [Symbol.asyncDispose]: abort,
  };
}
