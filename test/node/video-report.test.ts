import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseHTML } from 'linkedom';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { EMOTIONS } from '#dist/attributes/emotion/labels.js';
import { svgToPng } from '#dist/node/images/rasterise.js';
import { durationText, tickText, timeTicks } from '#dist/report/duration.js';
import { audienceReport } from '#dist/report/pages/audience-report.js';
import { html } from '#dist/report/pages/html.js';
import { readReportImages, writeReportImages } from '#dist/report/pages/report-images.js';
import { videoReport } from '#dist/report/pages/video-report.js';
import { audienceCsv, audienceFigure, compareClips } from '#dist/report/plots/audience.js';
import { timelineFigure } from '#dist/report/plots/timeline.js';
import { phasesOf } from '#dist/report/sums/phases.js';
import { createSummary, type SummaryEnd } from '#dist/report/sums/summary.js';
import { createTimeline } from '#dist/report/sums/timeline-series.js';
import { parseTruthCsv } from '#dist/report/tables/truth-csv.js';
import { cardOf } from './fixtures/cards.js';
import { type ClipOptions, clipFrames, FACTS, MODELS, SEQUENCE } from './fixtures/frame-results.js';
import { needs } from './needs.js';

const ONE: ClipOptions = { actors: [{ emotions: SEQUENCE, years: 33 }], seconds: 14, fps: 10 };
const TWO: ClipOptions = {
  actors: [
    {
      emotions: ['happy', 'sad'],
      years: 70,
      seen: [
        [0, 3],
        [5, 8],
      ],
    },
    { emotions: ['neutral'], years: 8 },
  ],
  seconds: 8,
  fps: 10,
};
const NONE: ClipOptions = { actors: [], seconds: 2, fps: 10 };

function read(clip: ClipOptions, { source = 'in/clip.mp4', end = {} as SummaryEnd } = {}) {
  const summary = createSummary({
    source,
    facts: { ...FACTS, duration: clip.seconds },
    settings: { every: 1, fps: null },
    models: MODELS,
  });
  const timeline = createTimeline();
  for (const frame of clipFrames(clip)) {
    summary.add(frame);
    timeline.add(frame);
  }
  const finished = timeline.finish();
  return { summary: summary.finish(end), timeline: finished, timelines: [finished] };
}

const PIXEL = 'data:image/webp;base64,UklGRh4AAABXRUJQVlA4TBEAAAAvAAAAAAfQ//73v/+BiOh/AAA=';
const thumbnails = (seconds: number) => Array.from({ length: 24 }, (_, i) => ({ time: ((i + 0.5) / 24) * seconds, uri: PIXEL }));

function open(report: string) {
  const { document } = parseHTML(report);
  const text = (selector: string) =>
    [...document.querySelectorAll(selector)].map((node) => node.textContent!.replace(/\s+/g, ' '));
  return { document, text, whole: document.querySelector('main')!.textContent!.replace(/\s+/g, ' ') };
}

describe('timelineFigure', () => {
  const texts = (svg: string) => {
    const { document } = parseHTML(`<html><body>${svg}</body></html>`);
    return { document, texts: [...document.querySelectorAll('text')].map((t) => t.textContent ?? '') };
  };

  it('draws seven lines, a legend and seconds for one person', async () => {
    const { timeline } = read(ONE);
    const truth = SEQUENCE.map((label, i) => ({ start: 2 * i, end: 2 * i + 2, label }));
    const svg = timelineFigure(timeline, { subtitle: 'a & b', truth });
    const { document, texts: found } = texts(svg);
    expect(document.querySelectorAll('[aria-label="line"] path')).toHaveLength(7);
    expect(found).toEqual(expect.arrayContaining([...EMOTIONS, 'seconds', '100 %', 'Person 1', 'a & b', 'truth: happy']));
    expect(found).not.toContain('All faces (mean)');
    expect(svg).not.toMatch(/NaN|undefined|var\(/);
    expect(await sharp(await svgToPng(svg, { width: 480 })).metadata()).toMatchObject({ width: 480, format: 'png' });
  });

  it('draws all faces together and each person where there are several, with a gap where one was away', () => {
    const { document, texts: found } = texts(timelineFigure(read(TWO).timeline));
    expect(found.filter((t) => /^(Person|All)/.test(t))).toEqual(['All faces (mean)', 'Person 1', 'Person 2']);
    // Person 1 has two stretches a line, the others one.
    expect(document.querySelectorAll('[aria-label="line"] path')).toHaveLength(7 * (1 + 2 + 1));
  });

  it('says so where there are more persons than panels, or none', () => {
    const many: ClipOptions = { actors: Array.from({ length: 4 }, () => ({ emotions: ['happy'], years: 30 })), seconds: 1 };
    const { texts: found } = texts(timelineFigure(read(many).timeline, { people: 2 }));
    expect(found).toContain('the 2 of 4 persons seen longest');
    expect(texts(timelineFigure(read(NONE).timeline)).texts).toContain('No face was seen');
  });

  it('counts long clips in minutes', () => {
    const long: ClipOptions = { actors: [{ emotions: ['happy'], years: 30 }], seconds: 300, fps: 2 };
    expect(texts(timelineFigure(read(long).timeline)).texts).toEqual(expect.arrayContaining(['time (minutes:seconds)', '4:00']));
  });

  it('refuses truth that ends before it begins', () => {
    const truth = [{ start: 2, end: 1, label: 'happy' }];
    expect(() => timelineFigure(read(ONE).timeline, { truth })).toThrow(expect.objectContaining({ code: 'invalid-data' }));
  });
});

describe('videoReport', () => {
  it('tells of one person: facts, plot, images, shares, totals, age, limits, how it was made', () => {
    const card = cardOf({
      name: 'emotion',
      metrics: [{ name: 'accuracy', value: 0.66789, interval: [0.65, 0.68], on: 'PublicTest' }],
    });
    const { document, text, whole } = open(
      videoReport({ ...read(ONE), version: '9.8.7', thumbnails: thumbnails(14), cards: [card] }),
    );
    expect(text('h1')).toEqual(['Faces and expressions in clip.mp4']);
    expect(whole).toContain('One person was seen.');
    expect(whole).toContain('640 × 360 pixels');
    expect(whole).toMatch(/Looks about 33 years old, somewhere between 2\d and 4\d\./);
    expect(document.querySelectorAll('figure svg[role="img"][aria-label]')).toHaveLength(2);
    expect(document.querySelectorAll('.strip img[alt^="The clip at"]')).toHaveLength(12);
    expect(text('table.bars tbody th').sort()).toEqual([...EMOTIONS, 'unclear'].sort());
    expect(text('caption').some((caption) => caption.startsWith('Totals'))).toBe(true);
    expect([...document.querySelectorAll('th')].filter((th) => !th.getAttribute('scope'))).toEqual([]);
    for (const part of ['An expression is not a feeling', 'Article 5(1)(f)', 'Error rates differ', 'research', '9.8.7', '0.668'])
      expect(whole + text('footer').join()).toContain(part);
    expect(text('code')).toEqual(expect.arrayContaining(['detector', 'every', 'fps']));
  });

  it('begins with who was seen, what each showed mostly, when that changed and how sure it is', () => {
    const accuracy = { name: 'accuracy', value: 0.646, on: 'PublicTest, 3589 images' };
    const cards = [cardOf({ name: 'emotion', metrics: [accuracy] })];
    const { document, text } = open(videoReport({ ...read(ONE), version: '1', cards }));
    const main = [...document.querySelector('main')!.children].map(({ tagName, className }) => `${tagName}.${className}`);
    expect(main.slice(0, 3)).toEqual(['H1.', 'P.lede', 'UL.glance']);
    const [told] = text('.glance li');
    expect(told).toMatch(
      /^Person 1, 0\.0 s to 13\.9 s \(14\.0 s in view\)\. Mostly \w+ \(\d+ % of that time; unclear for \d+ %\)\. First neutral, then /,
    );
    // Each change at its time: the actors of the fixture change every two seconds, and what is shown follows a little later.
    const changes = [...told!.matchAll(/(\w+) from (\d+\.\d) s/g)].map(([, label, time]) => [label, Math.floor(Number(time))]);
    expect(changes).toEqual(SEQUENCE.slice(1).map((label, i) => [label, 2 * (i + 1)]));
    expect(told).toMatch(/On average \d+ % sure\.$/);
    expect(text('main > p').join()).toContain('the network named 65 % right (PublicTest, 3589 images)');
  });

  it('tells in short of a face that changes often, of one that does not, and of many persons', () => {
    const emotions = Array.from({ length: 20 }, (_, i) => SEQUENCE[i % SEQUENCE.length]!);
    const often = open(videoReport({ ...read({ actors: [{ emotions, years: 30 }], seconds: 60, fps: 5 }), version: '1' }));
    expect(often.text('.glance li')[0]).toMatch(
      /It changed 19 times; the longest without a change: \w+ from .* to .*, .* and .*\./,
    );
    const still = open(
      videoReport({ ...read({ actors: [{ emotions: ['happy'], years: 30 }], seconds: 4, fps: 5 }), version: '1' }),
    );
    expect(still.text('.glance li')[0]).toMatch(/Mostly happy \(9\d % of that time; unclear for \d+ %\)\. That did not change\./);
    const actors = Array.from({ length: 11 }, () => ({ emotions: ['sad' as const], years: 30 }));
    const many = open(videoReport({ ...read({ actors, seconds: 1, fps: 5 }), version: '1' }));
    expect(many.text('.glance li')).toHaveLength(8);
    expect(many.whole).toContain('3 more persons were seen for a shorter time; the last table has all.');
  });

  it('shows each of several persons, with gaps, and the table of all', () => {
    const { summary, timelines } = read(TWO);
    const { document, text, whole } = open(
      videoReport({
        summary,
        timelines,
        version: '1',
        portraits: new Map([[2, PIXEL]]),
        thumbnails: thumbnails(8),
        blurred: true,
      }),
    );
    expect(text('h3')).toEqual(['Person 1', 'Person 2']);
    expect(whole).toContain('2 persons were seen');
    expect(whole).toContain('66+');
    expect(whole).toContain('(faces are hidden)');
    expect([...document.querySelectorAll('.who img')].map((img) => img.getAttribute('alt'))).toEqual(['Face of person 2']);
    expect(document.querySelectorAll('figure')).toHaveLength(3);
  });

  it('is one file: no script, nothing loaded, and a policy that forbids both', () => {
    const report = videoReport({ ...read(TWO), version: '1', thumbnails: thumbnails(8) });
    const { document } = open(report);
    expect(document.querySelectorAll('script, link, iframe, object, embed')).toHaveLength(0);
    const policy = document.querySelector('meta[http-equiv="Content-Security-Policy"]')!.getAttribute('content')!;
    expect(policy).toMatch(/default-src 'none'/);
    expect(policy).not.toMatch(/script-src/);
    expect(report.match(/(?:src|href)="(?!data:image\/)[^"]*"/g)).toBeNull();
    expect(report).not.toMatch(/url\((?!#)|@import/);
  });

  it('keeps markup in names, titles, settings and problems as text', () => {
    const nasty = `<script>alert('x')</script>"><img src=x onerror=alert(1)>.mp4`;
    const { summary, timelines } = read(TWO, { source: nasty, end: { complete: false, problem: '<b>damaged</b> & "cut"' } });
    const settings = { '<i>': '</td><script>' };
    const report = videoReport({ summary: { ...summary, settings }, timelines, version: '1', title: `${nasty}<svg onload=x>` });
    const { document, whole } = open(report);
    expect(document.querySelectorAll('script, [onerror], [onload], i, b')).toHaveLength(0);
    expect(document.querySelector('title')!.textContent).toBe(`${nasty}<svg onload=x>`);
    expect(whole).toContain('<b>damaged</b> & "cut"');
    expect(whole).toContain('Not the whole clip: this report covers it up to 8.0');
  });

  it('calls a recording of the camera what it is', () => {
    const { summary, timelines } = read(ONE);
    const clip = { ...summary.clip, container: 'camera', codec: 'none' };
    const { whole } = open(videoReport({ summary: { ...summary, clip }, timelines, version: '1' }));
    expect(whole).toContain('live, from a camera');
    expect(whole).not.toContain('none in');
  });

  it('says so where no face was found, and leaves the plots out', () => {
    const { document, whole } = open(videoReport({ ...read(NONE), version: '1' }));
    expect(whole).toContain('No face was found in this clip.');
    expect(document.querySelectorAll('figure')).toHaveLength(0);
    expect(whole).toContain('An expression is not a feeling');
  });

  it('leaves out what is not known, and says that images are missing', () => {
    const { summary, timelines } = read(ONE);
    const { whole } = open(
      videoReport({ summary: { ...summary, clip: {}, models: undefined, settings: undefined }, timelines, version: '1' }),
    );
    expect(whole).not.toMatch(/undefined|NaN|null/);
    expect(whole).toContain('Images of the clip are not available');
    expect(whole).toContain('Which networks were used is not known');
  });

  it('puts each image under its time, and none where there is none near', () => {
    const some = [1, 3, 13.9].map((time) => ({ time, uri: PIXEL }));
    const { document } = open(videoReport({ ...read({ ...ONE, seconds: 12 }), version: '1', thumbnails: some }));
    const slots = [...document.querySelector('.strip')!.children].map((slot) => slot.getAttribute('data-time'));
    expect(slots).toHaveLength(12);
    // Parts of a second each: 1 s lies on the edge of the first two.
    expect(slots.slice(0, 5)).toEqual(['1', '1', '3', '3', null]);
    expect(slots.slice(5).every((slot) => slot === null)).toBe(true);
  });

  it('is the same with images that were written and read again', () => {
    const images = { thumbnails: thumbnails(8), portraits: new Map([[2, PIXEL]]) };
    const again = readReportImages(writeReportImages(images), 'clip.pictures.json');
    expect(again).toEqual(images);
    expect(videoReport({ ...read(TWO), version: '1', ...again })).toBe(videoReport({ ...read(TWO), version: '1', ...images }));
  });

  it.each(['http://x/a.png', 'data:image/svg+xml;base64,AAAA', 'data:image/png;base64,AA"><script>'])(
    'takes no images but small bitmaps of its own: %s',
    (uri) => {
      for (const file of [
        { thumbnails: [{ time: 1, uri }], portraits: [] },
        { thumbnails: [], portraits: [{ person: 1, uri }] },
      ])
        expect(() => readReportImages(JSON.stringify(file), 'clip.pictures.json')).toThrow(
          expect.objectContaining({ code: 'invalid-data', message: expect.stringContaining('clip.pictures.json') }),
        );
    },
  );
});

describe('compareClips', () => {
  const clip = (name: string, options: ClipOptions) => ({ name, ...read(options, { source: `${name}.mp4` }) });
  const steady = (emotion: 'happy' | 'sad', seconds: number): ClipOptions => ({
    actors: [{ emotions: [emotion], years: 30 }],
    seconds,
    fps: 10,
    noise: 0,
  });
  const happy = EMOTIONS.indexOf('happy');

  it('means the clips that are there at a moment, in seconds', () => {
    const { mean, curves, moments } = compareClips([clip('a', steady('happy', 10)), clip('b', steady('sad', 5))]);
    expect(moments.at(-1)).toBe(10);
    const at = (seconds: number) => Math.round((seconds / 10) * (moments.length - 1));
    const [a, b] = curves.map(({ values }) => values[at(2)]![happy]!);
    expect(a).toBeGreaterThan(0.5);
    expect(b).toBeLessThan(0.1);
    expect(mean.values[at(2)]![happy]).toBeCloseTo((a! + b!) / 2, 9);
    expect(curves[1]!.values[at(7)]).toBeUndefined();
    expect(mean.values[at(7)]).toEqual(curves[0]!.values[at(7)]);
  });

  it('lays clips of different length over each other on relative time', () => {
    const audience = compareClips([clip('a', steady('happy', 10)), clip('b', steady('sad', 5))], { time: 'relative' });
    expect(audience.moments.at(-1)).toBe(1);
    expect(audience.curves[1]!.values[190]).toBeDefined();
    const lines = audienceCsv(audience).split('\n');
    expect(lines[0]).toBe(`clip,share_of_length,${EMOTIONS.join(',')}`);
    expect(lines[1]).toMatch(/^a,0,0\.\d+/);
    expect(lines).toHaveLength(1 + 2 * 201 + 1);
  });

  it('holds the last moment to the end of its clip, so that the mean does not jump there', () => {
    const slow = { ...steady('sad', 5), every: 5 };
    const { curves } = compareClips([clip('a', steady('happy', 10)), clip('b', slow)], { time: 'relative' });
    expect(curves.map(({ values }) => values.filter((value) => value === undefined).length)).toEqual([0, 0]);
  });

  it('leaves gaps where no face was seen', () => {
    const { curves } = compareClips([clip('a', { ...TWO, actors: TWO.actors.slice(0, 1) }), clip('b', steady('sad', 8))]);
    expect(curves[0]!.values[100]).toBeUndefined();
    expect(curves[0]!.values[20]).toBeDefined();
    expect(curves[0]!.values[180]).toBeDefined();
  });

  it('draws one panel per emotion with one line per clip, and a page that says what it is', () => {
    const audience = compareClips([clip('<a>', ONE), clip('b', TWO), clip('none', NONE)]);
    const { document } = parseHTML(`<html><body>${audienceFigure(audience)}</body></html>`);
    const found = [...document.querySelectorAll('text')].map((t) => t.textContent);
    expect(found).toEqual(expect.arrayContaining([...EMOTIONS, '<a>', 'b', 'mean of the clips', 'seconds']));
    const { whole, text } = open(audienceReport(audience, { version: '1' }));
    expect(text('h3')).toEqual(['<a>', 'b', 'none']);
    expect(whole).toContain('compares what the program phiz saw in 3 video clips');
    expect(whole).not.toMatch(/NaN|undefined/);
  });

  it('needs two clips', () => {
    expect(() => compareClips([clip('a', ONE)])).toThrow(expect.objectContaining({ code: 'invalid-data' }));
  });
});

describe('parseTruthCsv', () => {
  it('reads start, end and label in any order', () => {
    expect(parseTruthCsv('label,start,end\r\nhappy,0,1.5\r\n', EMOTIONS)).toEqual([{ start: 0, end: 1.5, label: 'happy' }]);
  });

  it.each([
    ['other columns', 'a,b\n1,2\n', /line 1/],
    ['an unknown label', 'start,end,label\n0,1,happy\n1,2,bored\n', /line 3/],
    ['no number', 'start,end,label\nx,1,happy\n', /line 2/],
    ['an end before the start', 'start,end,label\n2,1,happy\n', /line 2/],
  ])('refuses %s, naming the line', (_, text, message) => {
    expect(() => parseTruthCsv(text, EMOTIONS)).toThrow(message);
  });
});

it('takes a flicker for no change', () => {
  const timeline = createTimeline();
  const shown = [...'aaaaabaaaaabbbbbbbbbb'].map((letter) => (letter === 'a' ? 'happy' : 'sad'));
  for (const [i, label] of shown.entries()) {
    const probabilities = Object.fromEntries(EMOTIONS.map((name) => [name, name === label ? 1 : 0]));
    const face = { person: 1, measured: true, emotion: { label, confidence: 1, probabilities } };
    timeline.add({ timestamp: i / 10, duration: 0.1, cut: false, faces: [face] } as never);
  }
  const phases = phasesOf(timeline.finish().people.get(1)!);
  expect(phases.map(({ index }) => (index === null ? 'unclear' : EMOTIONS[index]))).toEqual(['happy', 'sad']);
  expect(phases[1]!.from).toBeCloseTo(1.05, 6);
});

it('escapes what is put into markup, but not markup', () => {
  expect(html`<p title="${'"\'<&'}">${['<', html`<b>${'>'}</b>`, false, null]}</p>`.markup).toBe(
    '<p title="&quot;&#39;&lt;&amp;">&lt;<b>&gt;</b></p>',
  );
});

it('tells times', () => {
  expect([0, 12.34, 99.96, 125, 3725].map(durationText).map((t) => t.replaceAll('\u00a0', ' '))).toEqual([
    '0.0 s',
    '12.3 s',
    '1 min 40 s',
    '2 min 05 s',
    '1 h 02 min',
  ]);
  expect(timeTicks(0, 14, 8)).toEqual([0, 2, 4, 6, 8, 10, 12, 14]);
  expect(timeTicks(0, 1e9, 5).length).toBeLessThanOrEqual(6);
});

it.each([0.2, 2, 14, 119, 120, 7300])('gives each tick of a clip of %s s a text of its own', (seconds) => {
  const texts = timeTicks(0, seconds, 12).map((t) => tickText(t, seconds));
  expect(texts.length).toBeGreaterThan(2);
  expect(new Set(texts).size).toBe(texts.length);
});

const chromium = needs.chromium();
it.skipIf(!chromium)('lays itself out in a browser without sideways scrolling, at 360 pixels and wide', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'phiz-report-'));
  try {
    const portraits = new Map([[1, PIXEL]]);
    const { summary, timelines } = read(TWO, { source: `${'a-very-long-name-'.repeat(12)}.mp4` });
    await writeFile(
      join(folder, 'r.html'),
      videoReport({ summary, timelines, version: '1', thumbnails: thumbnails(8), portraits }),
    );
    await writeFile(
      join(folder, 'frame.html'),
      `<body><iframe src="r.html" width="360" height="800"></iframe><iframe src="r.html" width="1200" height="800"></iframe><script>
      onload = () => document.title = JSON.stringify([...document.querySelectorAll('iframe')].map((f) => {
        const d = f.contentDocument, shown = (s) => [...d.querySelectorAll(s)].filter((e) => e.getBoundingClientRect().width > 0).length;
        return { over: d.documentElement.scrollWidth - f.contentWindow.innerWidth, wide: shown('.wide svg'), narrow: shown('.narrow svg'), images: shown('.strip img'), broken: [...d.querySelectorAll('th code, td code')].filter((e) => e.getClientRects().length > 1).map((e) => e.textContent) };
      }));
      </script></body>`,
    );
    const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'];
    const args = [...flags, '--allow-file-access-from-files', `--user-data-dir=${join(folder, 'profile')}`, '--dump-dom'];
    const { stdout } = spawnSync(chromium!, [...args, pathToFileURL(join(folder, 'frame.html')).href], { encoding: 'utf8' });
    const [narrow, wide] = JSON.parse(/<title>(.*)<\/title>/.exec(stdout)?.[1] ?? 'null');
    expect(narrow.over).toBeLessThanOrEqual(0);
    expect(narrow).toMatchObject({ wide: 0, narrow: 3, images: 4, broken: [] });
    expect(wide.over).toBeLessThanOrEqual(0);
    expect(wide).toMatchObject({ wide: 3, narrow: 0, images: 12, broken: [] });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
