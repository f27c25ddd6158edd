/** Writes what is made of a clip as a whole: `<name>.report.html`, `<name>.timeline.svg`, `<name>.timeline.png`. */
import { basename, join } from 'node:path';
import type { Attribute } from '../../attributes/attribute.js';
import type { ModelCard } from '../../core/card.js';
import { phizVersion } from '../../node/files/manifest.js';
import { writeAtomic } from '../../node/files/write-atomic.js';
import { svgToPng } from '../../node/images/rasterise.js';
import { listModels } from '../../node/models/models.js';
import type { ReportPictures } from '../../report/pages/report-pictures.js';
import { type ReportSummary, videoReport } from '../../report/pages/video-report.js';
import { timelineFigure } from '../../report/plots/timeline.js';
import type { Timeline } from '../../report/sums/timeline-series.js';
import type { TruthSegment } from '../../report/sums/truth-segment.js';
import type { VideoSummary } from '../../results/video-result.js';

export interface ReportFilesOptions {
  /** Folder and name of the files. */
  readonly out: string;
  readonly name: string;
  readonly summary: ReportSummary;
  /** One for each attribute that tells classes apart, the leading one first. */
  readonly timelines: readonly Timeline[];
  readonly title?: string | undefined;
  readonly pictures?: ReportPictures | undefined;
  readonly blurred?: boolean | undefined;
  readonly truth?: readonly TruthSegment[] | undefined;
  /** Those of the analyzer; default: all that phiz knows. */
  readonly attributes?: readonly Attribute[] | undefined;
}

/** Where the small images of a clip's report lie. */
export function picturesPath(out: string, name: string): string {
  return join(out, `${name}.pictures.json`);
}

/** The paths that `writeReportFiles` writes; `others`: timelines beside that of the leading attribute, which are called by theirs. */
export function reportPaths(out: string, name: string, others: readonly Pick<Timeline, 'subject'>[] = []) {
  const of = (ending: string) => join(out, `${name}.${ending}`);
  const endings = ['timeline', ...others.map(({ subject }) => `timeline.${subject.name}`)];
  return {
    report: of('report.html'),
    timelines: endings.map((ending) => ({ svg: of(`${ending}.svg`), png: of(`${ending}.png`) })),
  } as const;
}

/** All of them, the report first. */
export function flatPaths({ report, timelines }: ReturnType<typeof reportPaths>): readonly string[] {
  return [report, ...timelines.flatMap(({ svg, png }) => [svg, png])];
}

/** Writes the report and the timelines and gives their paths. Throws PhizError `unwritable-file`. */
export async function writeReportFiles(options: ReportFilesOptions): Promise<readonly string[]> {
  const { out, name, summary, timelines, title, pictures, blurred = false, truth, attributes } = options;
  const paths = reportPaths(out, name, timelines.slice(1));
  for (const [i, timeline] of timelines.entries()) {
    const svg = timelineFigure(timeline, { subtitle: basename(summary.source), title, truth });
    const { svg: vector, png } = paths.timelines[i]!;
    await writeAtomic(vector, svg, { private: true });
    await writeAtomic(png, await svgToPng(svg), { private: true });
  }
  const cards = await cardsOf(summary.models);
  const report = { summary, timelines, title, ...pictures, blurred, truth, version: phizVersion(), cards, attributes };
  await writeAtomic(paths.report, videoReport(report), { private: true });
  return flatPaths(paths);
}

/** The cards of those models that are phiz's own, of the same version: only then their figures hold. */
export async function cardsOf(models: VideoSummary['models'] | undefined): Promise<readonly ModelCard[]> {
  if (!models) return [];
  const own = await listModels().catch(() => []);
  return Object.values(models).flatMap(
    ({ name, version }) => own.find((card) => card.name === name && card.version === version) ?? [],
  );
}
