/** The HTML report of a recording: that of `phiz analyze`, made in the page. Loaded only when it is asked for, for its plots are large. */
import type { Attribute } from '#dist/attributes/attribute.js';
import { type FrameResult, type ModelCard, parseCard, type VideoSummary } from '#dist/browser/index.js';
import type { ReportImages } from '#dist/report/pages/report-images.js';
import { videoReport } from '#dist/report/pages/video-report.js';
import { createTimelines } from '#dist/report/sums/timeline-series.js';
import { BASE } from './engine.js';

export async function reportOf({
  summary,
  frames,
  images,
  blurred,
  attributes,
  own,
}: {
  readonly summary: VideoSummary;
  readonly frames: readonly FrameResult[];
  readonly images: ReportImages | undefined;
  readonly blurred: boolean;
  readonly attributes: readonly Attribute[];
  /** The cards of the user's own models. */
  readonly own: readonly ModelCard[];
}): Promise<string> {
  const timelines = createTimelines(attributes);
  for (const frame of frames) timelines.add(frame);
  const cards = [...(await cardsOf(summary.models, own)), ...own];
  return videoReport({ summary, timelines: timelines.finish(), ...images, blurred, version: PHIZ_VERSION, cards, attributes });
}

/** The cards of the models used beside the user's own, with their measured figures; the report does without those that cannot be had. */
async function cardsOf(models: VideoSummary['models'], own: readonly ModelCard[]): Promise<readonly ModelCard[]> {
  const others = Object.values(models).filter(({ name }) => own.every((card) => card.name !== name));
  const cards = await Promise.all(
    others.map(async ({ name, version }) => {
      try {
        const url = new URL(`models/${name}.json`, BASE).href;
        const card = parseCard(await (await fetch(url)).json(), url);
        return card.version === version ? [card] : [];
      } catch {
        return [];
      }
    }),
  );
  return cards.flat();
}
