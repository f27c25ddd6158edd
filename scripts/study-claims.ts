/**
 * What the report claims, each beside what is measured here, and whether that bears it out: said by a fixed rule on the metrics, so
 * that another run may say otherwise. Claims whose models are not there yet are left out.
 */
import { EMOTIONS, type Emotion } from '#dist/attributes/emotion/labels.js';
import { type ComparedModel, type Comparison, mainReport, type PairTest } from '#dist/report/sums/comparison.js';
import { intervalText, LEVEL, percentText } from '#dist/report/tables/comparison-tables.js';
import { REPORTED, REPORTED_GOOD } from './study-report.js';

/** The parts that models play in the report, and ours. */
export type Role = 'pretrained' | 'small' | 'big' | 'balanced' | 'ours';

export type Cast = Readonly<Partial<Record<Role, ComparedModel>>>;

export interface Claim {
  readonly claim: string;
  readonly measured: string;
  readonly holds: 'yes' | 'no' | 'in part' | 'not shown';
}

/** A class of a model on the main part. */
export function classOf(comparison: Comparison, model: ComparedModel, label: string) {
  return mainReport(comparison, model).classes.find((own) => own.label === label)!;
}

/** `36.0 % [30.1, 42.4]`. */
export function recallText(comparison: Comparison, model: ComparedModel, label: string): string {
  const { recall, interval } = classOf(comparison, model, label);
  return recall === null || interval === null ? '–' : `${percentText(recall)} ${intervalText(interval)}`;
}

/** The claims that can be judged with the models there are. */
export function claims(comparison: Comparison, { pretrained, small, big, balanced }: Cast): readonly Claim[] {
  return [
    ...(pretrained ? aboutPretrained(comparison, pretrained) : []),
    ...(small ? aboutOverfitting(small, big) : []),
    ...(small && big
      ? [
          better(
            comparison,
            big,
            small,
            `The big network is better than the small one (${REPORTED.big.best} against ${REPORTED.small.best}).`,
          ),
        ]
      : []),
    ...(pretrained && big ? aboutBig(comparison, big, pretrained) : []),
    ...(small && balanced ? [aboutBalance(comparison, small, balanced)] : []),
  ];
}

function aboutPretrained(comparison: Comparison, model: ComparedModel): readonly Claim[] {
  const recall = (label: Emotion) => classOf(comparison, model, label).recall ?? 0;
  const ranked = EMOTIONS.toSorted((a, b) => recall(b) - recall(a));
  const common = ranked.slice(0, REPORTED_GOOD.length).filter((label) => REPORTED_GOOD.includes(label));
  const list = (labels: readonly Emotion[]) => labels.map((label) => `${label} ${percentText(recall(label))}`).join(', ');
  const { confusion } = mainReport(comparison, model);
  const instead = (label: Emotion) => {
    const row = confusion[comparison.data.labels.indexOf(label)]!;
    const wrong = comparison.data.labels.map((name, i) => ({ name, count: name === label ? -1 : row[i]! }));
    const { name, count } = wrong.reduce((a, b) => (b.count > a.count ? b : a));
    return { name, share: count / row.reduce((sum, n) => sum + n, 0) };
  };
  const mixed = (['angry', 'sad', 'neutral'] as const).map((label) => ({ label, ...instead(label) }));
  const within = mixed.filter(({ name }) => ['angry', 'sad', 'neutral'].includes(name)).length;
  return [
    {
      claim: 'The pretrained model is acceptable to good on neutral, happy, surprise and fear.',
      measured: `recall, best first: ${list(ranked)}`,
      holds: common.length === REPORTED_GOOD.length ? 'yes' : common.length >= 3 ? 'in part' : 'no',
    },
    {
      claim: 'It mixes up angry, sad and neutral.',
      measured: mixed
        .map(({ label, name, share }) => `${label} is most often mistaken for ${name} (${percentText(share)})`)
        .join('; '),
      holds: within === 3 ? 'yes' : within > 0 ? 'in part' : 'no',
    },
    {
      claim: 'Disgust is by far its weakest.',
      measured: `disgust ${recallText(comparison, model, 'disgust')}, lowest of all: ${ranked.at(-1)!} ${recallText(comparison, model, ranked.at(-1)!)}`,
      holds: ranked.at(-1) === 'disgust' ? 'yes' : 'no',
    },
  ];
}

function aboutOverfitting(small: ComparedModel, big: ComparedModel | undefined): readonly Claim[] {
  const log = small.training?.epochs ?? [];
  const losses = log.flatMap(({ epoch, trainLoss, validationLoss }) =>
    trainLoss === undefined || validationLoss === undefined ? [] : [{ epoch, trainLoss, validationLoss }],
  );
  if (losses.length < 2) return [];
  const least = losses.reduce((a, b) => (b.validationLoss < a.validationLoss ? b : a));
  const last = losses.at(-1)!;
  const overfits = last.validationLoss > least.validationLoss && last.trainLoss < least.trainLoss;
  const gap = (model: ComparedModel) => {
    const final = model.training?.epochs.at(-1);
    const [trainAccuracy, validationAccuracy] = [final?.trainAccuracy, final?.validationAccuracy];
    return typeof trainAccuracy === 'number' && typeof validationAccuracy === 'number'
      ? trainAccuracy - validationAccuracy
      : undefined;
  };
  const [own, other] = [gap(small), big && gap(big)];
  return [
    {
      claim: 'The small network overfits: its training loss keeps falling while its validation loss grows.',
      measured: `validation loss ${least.validationLoss.toFixed(3)} in epoch ${least.epoch}, ${last.validationLoss.toFixed(3)} in epoch ${last.epoch}; training loss ${least.trainLoss.toFixed(3)} and ${last.trainLoss.toFixed(3)}`,
      holds: overfits ? 'yes' : 'no',
    },
    ...(own !== undefined && other !== undefined
      ? [
          {
            claim: 'Dropout narrows the gap between training and test.',
            measured: `accuracy in training less that in validation, last epoch: small ${points(own)}, big ${points(other)}`,
            holds: other < own ? ('yes' as const) : ('no' as const),
          },
        ]
      : []),
  ];
}

function aboutBig(comparison: Comparison, big: ComparedModel, pretrained: ComparedModel): readonly Claim[] {
  const recall = (model: ComparedModel, label: string) => classOf(comparison, model, label).recall ?? 0;
  const { labels } = comparison.data;
  const higher = labels.filter((label) => recall(big, label) > recall(pretrained, label));
  const overall = better(
    comparison,
    big,
    pretrained,
    'The big network outperforms the pretrained one in almost every situation.',
  );
  const lowest = labels.toSorted((a, b) => recall(big, a) - recall(big, b)).slice(0, 2);
  return [
    {
      ...overall,
      measured: `${overall.measured}; higher recall in ${higher.length} of ${labels.length} classes${higher.length ? ` (${higher.join(', ')})` : ''}`,
      holds: overall.holds === 'yes' && higher.length < labels.length - 2 ? 'in part' : overall.holds,
    },
    { ...rises(comparison, 'disgust', pretrained, big), claim: 'The big network solves the weakness in disgust.' },
    {
      claim: 'The big network is bad at surprise.',
      measured: `surprise ${recallText(comparison, big, 'surprise')}; its two lowest are ${lowest.map((label) => `${label} (${percentText(recall(big, label))})`).join(' and ')}`,
      holds: lowest.includes('surprise') ? 'yes' : 'no',
    },
  ];
}

function aboutBalance(comparison: Comparison, plain: ComparedModel, balanced: ComparedModel): Claim {
  return {
    ...rises(comparison, 'disgust', plain, balanced),
    claim: 'Disgust is weak because it is rare in training: then classes drawn equally often should mend it.',
  };
}

/** Whether a class's recall is higher in the second model; shown where the intervals do not meet. */
function rises(comparison: Comparison, label: string, from: ComparedModel, to: ComparedModel): Omit<Claim, 'claim'> {
  const [a, b] = [classOf(comparison, from, label), classOf(comparison, to, label)];
  const apart = a.interval !== null && b.interval !== null && b.interval[0] > a.interval[1];
  return {
    measured: `${label}: ${from.name} ${recallText(comparison, from, label)}, ${to.name} ${recallText(comparison, to, label)}`,
    holds: apart ? 'yes' : (b.recall ?? 0) > (a.recall ?? 0) ? 'not shown' : 'no',
  };
}

/** Whether the first is right more often than the second, by McNemar's test corrected for the number of pairs, as in the table. */
function better(comparison: Comparison, first: ComparedModel, second: ComparedModel, claim: string): Claim {
  const pair = comparison.pairs.find((own) => involves(own, first) && involves(own, second))!;
  const [mine, others] = pair.first === first.name ? [pair.onlyFirst, pair.onlySecond] : [pair.onlySecond, pair.onlyFirst];
  const accuracy = (model: ComparedModel) => percentText(mainReport(comparison, model).accuracy);
  return {
    claim,
    measured: `${accuracy(first)} against ${accuracy(second)}; alone right in ${mine} against ${others} images, corrected p ${pair.corrected < 0.0001 ? '< 0.0001' : `= ${pair.corrected.toFixed(4)}`}`,
    holds: mine <= others ? 'no' : pair.corrected >= LEVEL ? 'not shown' : 'yes',
  };
}

function involves({ first, second }: PairTest, { name }: ComparedModel): boolean {
  return first === name || second === name;
}

function points(share: number): string {
  return `${(100 * share).toFixed(1)} points`;
}
