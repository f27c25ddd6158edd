/** Writes what is made of a clip as a whole: its report and its timelines, each in the formats of their lists. */
import { basename, join } from 'node:path';
import type { Attribute } from '../../attributes/attribute.js';
import type { ClassSubject } from '../../attributes/classes/classes.js';
import type { ModelCard } from '../../core/card.js';
import { phizVersion } from '../../node/files/manifest.js';
import { sweepOrphans } from '../../node/files/temporary.js';
import { writeAtomic } from '../../node/files/write-atomic.js';
import { figurePaths, writeFigure } from '../../node/images/figure-formats.js';
import { listModels } from '../../node/models/models.js';
import type { ReportImages } from '../../report/pages/report-images.js';
import type { ReportSummary } from '../../report/pages/video-report.js';
import type { Timeline } from '../../report/sums/timeline-series.js';
import type { TruthSegment } from '../../report/sums/truth-segment.js';
import type { VideoSummary } from '../../results/video-result.js';
import { reportFormats } from './report-formats.js';

export interface ReportFilesOptions {
  /** Folder and name of the files. */
  readonly out: string;
  readonly name: string;
  readonly summary: ReportSummary;
  /** One for each attribute that tells classes apart, the leading one first. */
  readonly timelines: readonly Timeline[];
  readonly title?: string | undefined;
  /** Asked for besides the usual ones. Default: none. */
  readonly formats?: readonly string[] | undefined;
  readonly images?: ReportImages | undefined;
  readonly blurred?: boolean | undefined;
  readonly truth?: readonly TruthSegment[] | undefined;
  /** Those of the analyzer; default: all that phiz knows. */
  readonly attributes?: readonly Attribute[] | undefined;
}

/** Where the small images of a clip's report lie. */
export function imagesPath(out: string, name: string): string {
  return join(out, `${name}.pictures.json`);
}

/**
 * The paths that `writeReportFiles` writes. The timeline of the leading attribute is called so; those of others besides by the attribute.
 */
export function reportPaths(
  out: string,
  name: string,
  {
    formats = [],
    subjects,
  }: { readonly formats?: readonly string[] | undefined; readonly subjects: readonly Pick<ClassSubject, 'name'>[] },
) {
  const of = (ending: string) => join(out, `${name}.${ending}`);
  const reports = reportFormats(formats).map((format) => ({ format, path: of(format.ending) }));
  const timelines = subjects.map((subject, i) => of(i === 0 ? 'timeline' : `timeline.${subject.name}`));
  return { reports, timelines, all: [...reports.map(({ path }) => path), ...timelines.flatMap(figurePaths)] } as const;
}

/** Writes the reports and the timelines and gives their paths, the reports first. Throws PhizError `unwritable-file`. */
export async function writeReportFiles(options: ReportFilesOptions): Promise<readonly string[]> {
  const { out, name, summary, timelines, title, formats, images, blurred = false, truth, attributes } = options;
  await sweepOrphans(out);
  // Plot takes long to load, and not every run writes files.
  const { timelineFigure } = await import('../../report/plots/timeline.js');
  const paths = reportPaths(out, name, { formats, subjects: timelines.map(({ subject }) => subject) });
  for (const [i, timeline] of timelines.entries()) {
    const svg = timelineFigure(timeline, { subtitle: basename(summary.source), title, truth });
    await writeFigure(paths.timelines[i]!, svg, { private: true });
  }
  const cards = await cardsOf(summary.models);
  const report = { summary, timelines, title, ...images, blurred, truth, version: phizVersion(), cards, attributes };
  for (const { format, path } of paths.reports) await writeAtomic(path, await format.make(report), { private: true });
  return paths.all;
}

/** The cards of those models that are phiz's own, of the same version: only then their figures hold. */
export async function cardsOf(models: VideoSummary['models'] | undefined): Promise<readonly ModelCard[]> {
  if (!models) return [];
  const own = await listModels().catch(() => []);
  return Object.values(models).flatMap(
    ({ name, version }) => own.find((card) => card.name === name && card.version === version) ?? [],
  );
}
