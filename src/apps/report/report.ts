/**
 * Makes reports again from saved frames: of one clip its report, timeline and tables, of several clips a comparison. Nothing is
 * analysed. What frames do not tell (facts, models, settings) comes from the summary beside them, the images from the
 * `.pictures.json` beside them, where these are there.
 */
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Attribute } from '../../attributes/attribute.js';
import { ATTRIBUTES, classSubjects } from '../../attributes/index.js';
import { attributesOf } from '../../attributes/own.js';
import { PhizError } from '../../core/error.js';
import { FRAME_FORMATS, openFormats } from '../../node/files/frame-formats.js';
import type { FrameSink } from '../../node/files/frame-sink.js';
import { clipNameOf, readFrames, readSummaryBeside } from '../../node/files/frames-file.js';
import { phizVersion } from '../../node/files/manifest.js';
import { isFile, listFiles, readText } from '../../node/files/read-files.js';
import { sweepOrphans } from '../../node/files/temporary.js';
import { writeAtomic } from '../../node/files/write-atomic.js';
import { writeFigure } from '../../node/images/figure-formats.js';
import { audienceReport } from '../../report/pages/audience-report.js';
import { type ReportImages, readReportImages } from '../../report/pages/report-images.js';
import type { ReportSummary } from '../../report/pages/video-report.js';
import { type AudienceClip, type AudienceTime, audienceCsv, audienceFigure, compareClips } from '../../report/plots/audience.js';
import { createTotals } from '../../report/sums/summary.js';
import { createTimelines, type Timeline } from '../../report/sums/timeline-series.js';
import { type CsvSeparator, csvMark, spellCsv } from '../../report/tables/csv-spelling.js';
import { parseTruthCsv } from '../../report/tables/truth-csv.js';
import { type ClipFormatName, checkFormats, REPORTED_FORMATS } from '../analyze/formats.js';
import { cardsOf, imagesPath, writeReportFiles } from '../analyze/report-files.js';

/** Where a report goes, and what it says. */
export interface ReportOptions {
  /** Folder for the files; default: that of the (first) frames file. */
  readonly out?: string | undefined;
  readonly title?: string | undefined;
  /** One clip: formats of its table and report besides CSV and HTML, such as `parquet`. Default: none. */
  readonly formats?: readonly ClipFormatName[] | undefined;
  /** One clip: a CSV of what it is known to show (start, end, label), shaded in the plots. */
  readonly truth?: string | undefined;
  /** Several clips: time in seconds (default) or as a share of each clip's length. */
  readonly time?: AudienceTime | undefined;
  /** Between the cells of tables; ';' also writes decimal commas and a byte order mark. Default: ','. */
  readonly csvSeparator?: CsvSeparator | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reports on one or more `<name>.frames.ndjson`; gives the paths written.
 * Throws PhizError `invalid-option`, `file-not-found`, `unreadable-file`, `invalid-data` (naming the line), `unwritable-file`.
 */
export async function report(inputs: readonly string[], options: ReportOptions = {}): Promise<readonly string[]> {
  const [first, ...others] = inputs;
  if (first === undefined) throw new PhizError('invalid-option', 'a report needs at least one .frames.ndjson file');
  for (const input of inputs) await checkFrames(input);
  const { out = dirname(first), title, formats = [], truth, time, csvSeparator, signal } = options;
  checkFormats(formats, REPORTED_FORMATS);
  if (others.length === 0) {
    if (time !== undefined) throw new PhizError('invalid-option', `time '${time}' is for several clips; got one`);
    return reportOne(first, { out, title, formats, truth, csvSeparator, signal });
  }
  const single = formats[0] ?? (truth === undefined ? undefined : 'truth');
  if (single !== undefined) throw new PhizError('invalid-option', `${single} is for one clip; got ${inputs.length}`);
  return reportAudience(inputs, { out, title, time: time ?? 'seconds', csvSeparator, signal });
}

/** Throws PhizError `invalid-option` for a folder, or the summary that lies beside the frames, and names the frames there. */
async function checkFrames(input: string): Promise<void> {
  const isFolder = (await stat(input).catch(() => undefined))?.isDirectory() ?? false;
  if (!isFolder && !/\.json$/i.test(input)) return;
  const wanted = 'a report is made from frames, the .frames.ndjson files that phiz analyze --out writes';
  if (!isFolder) {
    const frames = input.replace(/(\.frames)?\.json$/i, '.frames.ndjson');
    const there = await isFile(frames);
    throw new PhizError('invalid-option', `${wanted}; ${there ? `give ${frames} instead of ${input}` : `${input} holds none`}`);
  }
  const found = (await listFiles(input)).filter((name) => name.endsWith('.frames.ndjson'));
  const some = found.slice(0, 3).map((name) => join(input, name));
  const rest = found.length > some.length ? ` and ${found.length - some.length} more` : '';
  throw new PhizError('invalid-option', `${wanted}; ${input} is a folder with ${some.join(', ') || 'none'}${rest}`);
}

interface OneOptions extends ReportOptions {
  readonly out: string;
  readonly formats: readonly ClipFormatName[];
}

async function reportOne(
  input: string,
  { out, title, formats, truth, csvSeparator, signal }: OneOptions,
): Promise<readonly string[]> {
  const name = clipNameOf(input);
  const attributes = await attributesIn(input, signal);
  const labels = classSubjects(attributes).flatMap(({ classes }) => classes.labels);
  const segments = truth === undefined ? undefined : parseTruthCsv(await readText(truth), labels, truth);
  const tables = FRAME_FORMATS.filter((format) => format.name === 'csv' || formats.includes(format.name));
  const sinks = await openFormats(tables, (ending) => join(out, `${name}.${ending}`), { attributes, csvSeparator });
  try {
    const { summary, timelines } = await readClip(input, sinks, { attributes, signal });
    for (const sink of sinks) await sink.finish();
    const images = await imagesBeside(input);
    const blurred = summary.settings?.blur === true;
    const about = { out, name, summary, timelines, title, formats, images, blurred, attributes };
    const written = await writeReportFiles({ ...about, truth: segments });
    return [...sinks.map(({ path }) => path), ...written];
  } finally {
    for (const sink of sinks) await sink.abort();
  }
}

async function reportAudience(
  inputs: readonly string[],
  {
    out,
    title,
    time,
    csvSeparator = ',',
    signal,
  }: Pick<ReportOptions, 'title' | 'csvSeparator' | 'signal'> & { out: string; time: AudienceTime },
): Promise<readonly string[]> {
  const clips: AudienceClip[] = [];
  for (const input of inputs) {
    const name = nameApart(clipNameOf(input), clips);
    const { summary, timelines } = await readClip(input, [], { signal });
    clips.push({ name, summary, timeline: timelines[0]! });
  }
  const audience = compareClips(clips, { time });
  const svg = audienceFigure(audience, { title });
  const cards = await cardsOf(clips[0]!.summary.models);
  const files: readonly (readonly [ending: string, text: string])[] = [
    ['csv', csvMark(csvSeparator) + spellCsv(audienceCsv(audience), csvSeparator)],
    ['report.html', audienceReport(audience, { title, version: phizVersion(), cards })],
  ];
  await sweepOrphans(out);
  const paths: string[] = [];
  for (const [ending, text] of files) {
    const path = join(out, `audience.${ending}`);
    await writeAtomic(path, text, { private: true });
    paths.push(path);
  }
  return [...paths, ...(await writeFigure(join(out, 'audience'), svg, { private: true }))];
}

/** What was read of its faces: told by the first one that was measured. */
async function attributesIn(input: string, signal: AbortSignal | undefined): Promise<readonly Attribute[]> {
  for await (const { faces } of readFrames(input, { signal })) for (const { raw } of faces) if (raw) return attributesOf(raw);
  return ATTRIBUTES;
}

/** Reads a clip once, frame by frame; each goes to the sinks as well. */
async function readClip(
  input: string,
  sinks: readonly FrameSink[],
  { attributes, signal }: { readonly attributes?: readonly Attribute[]; readonly signal: AbortSignal | undefined },
): Promise<{ summary: ReportSummary; timelines: readonly Timeline[] }> {
  const known = await readSummaryBeside(input);
  const totals = createTotals(attributes);
  const timelines = createTimelines(attributes);
  for await (const frame of readFrames(input, { signal })) {
    totals.add(frame);
    timelines.add(frame);
    for (const sink of sinks) await sink.add(frame);
  }
  const { people, overall, analysedFrames, cuts } = totals.finish();
  const { complete = true, problem = null, settings, models } = known ?? {};
  const source = known?.source ?? clipNameOf(input);
  const summary = {
    source,
    complete,
    problem,
    people,
    overall,
    settings,
    models,
    clip: { ...known?.clip, analysedFrames, cuts },
  };
  return { summary, timelines: timelines.finish() };
}

/** Largest file of images read, in bytes. */
const MOST_IMAGES = 1 << 26;

async function imagesBeside(input: string): Promise<ReportImages | undefined> {
  const path = imagesPath(dirname(input), clipNameOf(input));
  const there = await stat(path).catch(() => undefined);
  if (!there) return undefined;
  if (!there.isFile() || there.size > MOST_IMAGES)
    throw new PhizError('invalid-data', `${path} does not hold a report's images; move it away to do without`);
  return readReportImages(await readText(path), path);
}

/** `clip`, `clip-2`, `clip-3`: clips of the same name in several folders. */
function nameApart(name: string, clips: readonly AudienceClip[]): string {
  let free = name;
  for (let i = 2; clips.some((clip) => clip.name === free); i++) free = `${name}-${i}`;
  return free;
}
