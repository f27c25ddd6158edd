/**
 * Writes a page for each model card in models/: what the network is for and what not, its data and their terms, every metric with its interval,
 * per class and per group, the stress table with its plot, known failures and the commands that repeat it all. Only what stands in the
 * card goes in, beside the words below. Run after a card changed:
 *
 *     npx tsc -b && node build/scripts/make-cards.js [--out docs/models]
 */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { stressFigure } from '#dist/apps/evaluate/text.js';
import { type ModelCard, parseCard } from '#dist/core/card.js';
import { table } from '#dist/report/tables/table.js';

const { values } = parseArgs({ options: { out: { type: 'string', default: 'docs/models' } } });

type Metric = ModelCard['metrics'][number];

/** What a network of each task is for, what it is not for, and how its metrics are measured again. `$DATA` is the folder of the data sets. */
interface TaskWords {
  readonly use: string;
  readonly misuse: string;
  readonly evaluate: readonly string[];
  /** The model that is evaluated in its place. */
  readonly within?: string;
}

const TASKS: Readonly<Record<string, TaskWords>> = {
  detector: {
    use: 'Finding faces in photos and video frames, with five landmarks, so that something can be said of each, or so that they can be blurred.',
    misuse:
      'Not for saying who someone is: it gives places, no identities. Not as the only thing between a crowd and publication: it overlooks faces, so look at what `--blur` wrote.',
    evaluate: ['--data $DATA/fddb', '--data $DATA/faces --split val --stress'],
  },
  refiner: {
    use: 'Looking once more, in the image itself, at each place that the detector takes for a face: whether it is one, where its box and its landmarks are. The detector’s card names it, and it is loaded with that.',
    misuse:
      'Not for finding faces by itself: it sees nothing but a square about what a detector proposes. What is said of the detector holds for it.',
    evaluate: ['--data $DATA/fddb', '--data $DATA/faces --split val --stress'],
    within: 'detector',
  },
  emotion: {
    use: 'Reading which of seven expressions a face shows in an image, for the study of many faces together: how an audience responds, how an experiment moves its participants.',
    misuse:
      'It reads an expression, not a feeling: people smile without joy and grieve with a still face. Not for deciding anything about a single person. Inferring emotions at work and in education is banned in the EU (AI Act, Article 5(1)(f)).',
    evaluate: [
      '--data $DATA/fer2013 --split public --through-detector',
      '--data $DATA/fer2013 --split private --through-detector',
      '--data $DATA/rafdb --split test --through-detector',
      '--data $DATA/fer2013 --split public --stress',
    ],
  },
  age: {
    use: 'Estimating how old a face looks, with an interval, for the study of many faces together: which age ranges an audience has.',
    misuse:
      'Not for checking anyone’s age: how old a face looks is not how old someone is, and the errors below are years. Not for deciding anything about a single person.',
    evaluate: [
      '--data $DATA/utkface --split val --through-detector',
      '--data $DATA/utkface --split test',
      '--data $DATA/utkface --split val --stress',
    ],
  },
};

/** The items under what `keyOf` says of each, in the order of their first. (Map.groupBy came with Node 21.) */
function grouped<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}

/** A class is named among the known failures where less than half of its images are read right. */
const LEAST_RECALL = 0.5;
/** A condition is, where a share falls by this many points or a mean error grows by this factor; a group, where its error is that much larger. */
const FALL = 0.1;
const GROWTH = { stress: 1.4, group: 1.2 } as const;

const isShare = ({ name }: Pick<Metric, 'name'>) => !/years|per image/.test(name);
const worseHigher = (name: string) => /error/.test(name);
const text = (metric: Pick<Metric, 'name'>, value: number) =>
  isShare(metric) ? (worseHigher(metric.name) ? value.toFixed(3) : `${(100 * value).toFixed(1)} %`) : value.toFixed(2);
const between = (metric: Metric) =>
  metric.interval ? `${text(metric, metric.interval[0])} to ${text(metric, metric.interval[1])}` : '';
const right = (heading: string) => ({ heading, align: 'right' }) as const;
const markdown = (columns: Parameters<typeof table>[0], rows: readonly (readonly string[])[]) =>
  table(columns, rows, { format: 'markdown' });
const count = (n: number) => n.toLocaleString('en');
/** `UTKFace test` of `UTKFace test, 310 images`. */
const dataOf = ({ on }: Pick<Metric, 'on'>) => on.split(', ')[0]!;
const samplesOf = ({ on }: Pick<Metric, 'on'>) => on.split(', ').slice(1).join(', ');

function page(card: ModelCard, plot: string | undefined): string {
  const task = TASKS[card.task];
  if (!task) throw new Error(`scripts/make-cards.ts has no words for models of the task ${card.task}`);
  const sections = [
    `# The network \`${card.name}\``,
    `<!-- Made by scripts/make-cards.ts from models/${card.name}.json: do not edit. -->`,
    `${card.summary} Version ${card.version}.`,
    '## What it is for, and what not',
    task.use,
    task.misuse,
    card.limits.map((limit) => `- ${limit}`).join('\n'),
    '## The network',
    facts(card),
    '## Data and terms',
    ...training(card),
    '## Metrics',
    'With their 95 % intervals. The images a metric was chosen on are validation images; what is called test, PrivateTest or FDDB was used once.',
    ...metrics(card),
    ...stress(card, plot),
    '## Known failures',
    failures(card)
      .map((failure) => `- ${failure}`)
      .join('\n'),
    '## Repeat it',
    [
      ...(card.training ? [`    phiz ${card.training.command}`] : []),
      ...task.evaluate.map((options) => `    phiz evaluate ${task.within ?? card.name} ${options}`),
    ].join('\n'),
    '[training.md](../training.md) says which runs came before this one, how long each took, and what was tried without success.',
  ];
  return `${sections.map((section) => section.trimEnd()).join('\n\n')}\n`;
}

function facts(card: ModelCard): string {
  const { file, bytes, sha256, parameters, multiplyAdds, input, crop, mirror, temperature, labels, detector, refiner } = card;
  const size = input.width ? `${input.width}×${input.height}` : `any size, sides a multiple of ${input.multiple}`;
  const cut = {
    none: 'a square about the detector’s box',
    eyes: 'a square about the detector’s box, turned until the eyes are level',
    points: 'turned upright and scaled by five landmarks',
  };
  return markdown(
    [{ heading: '' }, { heading: '' }],
    [
      ['file', `\`${file}\`, ${(bytes / 1e6).toFixed(2)} MB, SHA-256 \`${sha256}\``],
      ['parameters', count(parameters)],
      ...(multiplyAdds
        ? [
            [
              'multiply-adds',
              `${(multiplyAdds / 1e6).toFixed(1)} million ${detector ? 'for an image of 640×640' : mirror ? 'for a look; each face is seen twice' : 'for one face'}`,
            ],
          ]
        : []),
      ['input', `${size}, ${input.channels === 1 ? 'grey' : input.order}; value = (sample − ${input.mean}) × ${input.scale}`],
      ...(crop
        ? [
            [
              'what it sees of a face',
              `${cut[crop.alignment]}; margin ${crop.margin}, shift ${crop.shift}${mirror ? '; as it is and mirrored, the mean of both' : ''}`,
            ],
          ]
        : []),
      ...(detector
        ? [
            [
              'strides, thresholds',
              `${detector.strides.join(', ')}; score ${detector.scoreThreshold}, NMS IoU ${detector.nmsIou}`,
            ],
          ]
        : refiner
          ? [['square, weights', `${refiner.margin} times the box; score ${refiner.weight}, box ${refiner.boxWeight}`]]
          : [['temperature', temperature.toFixed(3)]]),
      ['labels', labels.length > 20 ? `${labels[0]} to ${labels.at(-1)}` : labels.join(', ')],
    ],
  );
}

function training({ training: run, provenance, licence }: ModelCard): readonly string[] {
  const data = run
    ? [
        markdown(
          [{ heading: 'data' }, { heading: 'split' }, right('images'), { heading: 'terms' }],
          run.data.map(({ name, split, samples, terms }) => [name, split, count(samples), terms]),
        ),
      ]
    : [];
  return [
    ...data,
    `Provenance: ${provenance}.`,
    `Licence: ${licence}. Data sets for research only pass this on to what is learnt from them: whoever uses these weights in a product must clear that with the owners of the data, or train on other data.`,
  ];
}

function metrics({ metrics: all }: ModelCard): readonly string[] {
  return [...grouped(all, dataOf)].flatMap(([data, own]) => [
    `### ${data}`,
    markdown(
      [{ heading: 'metric' }, right('value'), { heading: '95 % interval' }, { heading: 'measured on' }],
      own.map((metric) => [metric.name, text(metric, metric.value), between(metric), samplesOf(metric)]),
    ),
  ]);
}

function stress({ name, stress: all = [] }: ModelCard, plot: string | undefined): readonly string[] {
  const first = all[0];
  if (!first) return [];
  const names = [...new Set(all.map((figure) => figure.name))];
  const rows = [...grouped(all, ({ condition }) => condition)].map(([condition, figures]) => [
    condition === 'plain' ? 'as they are' : condition,
    ...names.map((wanted) => {
      const figure = figures.find((one) => one.name === wanted);
      return figure ? `${text(figure, figure.value)}${figure.interval ? ` (${between(figure)})` : ''}` : '';
    }),
  ]);
  return [
    '## Under stress',
    `The same images made worse; ${first.on}.`,
    ...(plot ? [`![${first.name} under each condition, with 95 % intervals](${name}.stress.svg)`] : []),
    markdown([{ heading: 'condition' }, ...names.map(right)], rows),
  ];
}

/** What the figures themselves say goes wrong. */
function failures({ metrics: all, stress: conditions = [] }: ModelCard): readonly string[] {
  const list = (items: readonly string[]) => items.join('; ');
  const capital = (words: string) => words[0]!.toUpperCase() + words.slice(1);
  const classes = [
    ...grouped(
      all.filter(({ name, value }) => name.startsWith('recall, ') && value < LEAST_RECALL),
      dataOf,
    ),
  ].map(
    ([data, own]) =>
      `On ${data} fewer than half of these are read right: ${list(own.map((metric) => `${metric.name.slice(8)} (${text(metric, metric.value)})`))}.`,
  );
  const groups = [
    ...grouped(
      all.filter(({ name }) => name.startsWith('mean absolute error')),
      dataOf,
    ),
  ].flatMap(([data, own]) => {
    const overall = own.find(({ name }) => !name.includes(', '));
    const worse = own.filter(({ value }) => overall && value > GROWTH.group * overall.value);
    return worse.length
      ? [
          `On ${data} the error of ${text(overall!, overall!.value)} years is larger for ${list(worse.map((metric) => `${metric.name.split(', ').slice(1).join(', ')} (${text(metric, metric.value)})`))}.`,
        ]
      : [];
  });
  const first = conditions[0];
  const bad = conditions.filter(
    ({ name, value }) =>
      first && name === first.name && (worseHigher(name) ? value > GROWTH.stress * first.value : value < first.value - FALL),
  );
  const stressed = bad.length
    ? [
        `${capital(first!.name)} as the images are: ${text(first!, first!.value)}. Much worse: ${list(bad.map((figure) => `${figure.condition} (${text(figure, figure.value)})`))}.`,
      ]
    : [];
  const found = [...classes, ...groups, ...stressed];
  return found.length ? found : ['None that these figures show; they cannot show what the data do not hold.'];
}

await mkdir(values.out, { recursive: true });
for (const file of (await readdir('models')).filter((name) => name.endsWith('.json'))) {
  const card = parseCard(JSON.parse(await readFile(join('models', file), 'utf8')), file);
  const plot = card.stress?.length ? stressFigure(card.stress, card.name) : undefined;
  await writeFile(join(values.out, `${card.name}.md`), page(card, plot));
  if (plot) await writeFile(join(values.out, `${card.name}.stress.svg`), plot);
}
