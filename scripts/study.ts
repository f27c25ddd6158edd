/**
 * Reruns the original report's study with what is there: pulls and imports the models of others, compares all models on FER-2013 and
 * on the sample clip, compares the face detectors on FDDB, and fills the metrics of docs/study.md. A step that is done already, or
 * whose inputs are not there yet, is passed over with a line that says so, so that it can be run again at any time.
 *
 *     npm run study -- [--only STEP…] [--force] [--data DIR] [--weights DIR] [--runs DIR] [--out DIR] [--page FILE] [--clip FILE] [--limit N]
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { readTrainingLog } from '#dist/apps/compare/models.js';
import { compareDetectors } from '#dist/apps/compare-detectors/compare-detectors.js';
import { writeAtomic } from '#dist/node/files/write-atomic.js';
import { loadModel } from '#dist/node/models/models.js';
import { listPulled, pulledPath } from '#dist/node/models/pulled-files.js';
import { REGISTRY, REGISTRY_NAMES } from '#dist/node/models/registry.js';
import { COMPARISON_SCHEMA_VERSION, type Comparison } from '#dist/report/sums/comparison.js';
import type { DetectorComparison } from '#dist/report/sums/detector-comparison.js';
import { type Cast, claims, type Role } from './study-claims.js';
import { detectorClaims, detectorSection } from './study-detectors.js';
import { makeFrame } from './study-frame.js';
import { claimsSection, comparisonSections, fillSections } from './study-sections.js';

const shared = process.env.PHIZ_DATA || '../shared';
const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    force: { type: 'boolean', default: false },
    data: { type: 'string', default: join(shared, 'data') },
    weights: { type: 'string', default: join(shared, 'weights') },
    runs: { type: 'string', default: 'runs' },
    out: { type: 'string', default: 'docs/study' },
    page: { type: 'string', default: 'docs/study.md' },
    clip: { type: 'string', default: 'samples/expressions.mp4' },
    limit: { type: 'string' },
  },
});
const { runs, out, page, clip, force } = values;

/** Where each model may be, a run's own before those that are kept with the study; the first that is there is taken. */
const PLACES: Readonly<Record<Role, readonly string[]>> = {
  pretrained: [join(runs, 'mini-xception/mini-xception.onnx')],
  small: [join(runs, 'small/small.onnx'), join(out, 'models/small/small.onnx')],
  big: [join(runs, 'big/big.onnx'), join(out, 'models/big/big.onnx')],
  balanced: [join(runs, 'small-balanced/small.onnx'), join(out, 'models/small-balanced/small.onnx')],
  ours: ['models/emotion.onnx'],
};
const ROLES = Object.keys(PLACES) as Role[];

/** What `phiz compare-detectors` writes; its images lie beside it. */
const DETECTORS = join(out, 'detectors/detectors.json');
/** The same detectors on an image of the size of a frame of video. */
const FRAME = join(out, 'detectors/frame.json');

/** What came of a step. */
type Outcome = { readonly done: string } | { readonly skipped: string };

const STEPS: Readonly<Record<string, () => Promise<Outcome>>> = {
  pull,
  import: importModels,
  compare,
  detectors,
  frame,
  page: fillPage,
};

const unknown = values.only?.find((name) => !Object.hasOwn(STEPS, name));
if (unknown !== undefined) {
  console.error(`no step '${unknown}'; steps are ${Object.keys(STEPS).join(', ')}`);
  process.exit(2);
}
for (const [name, run] of Object.entries(STEPS)) {
  if (values.only && !values.only.includes(name)) continue;
  const outcome = await run();
  console.log('done' in outcome ? `${name}: ${outcome.done}` : `${name}: skipped, ${outcome.skipped}`);
}

/** Other people's models, from a folder of their files. */
async function pull(): Promise<Outcome> {
  const pulled = await listPulled();
  const missing = REGISTRY_NAMES.filter((name) => !pulled.includes(name));
  if (missing.length === 0) return { skipped: 'all models are in the cache' };
  if (!existsSync(values.weights))
    return { skipped: `${values.weights} is not there; run phiz models pull ${missing.join(' ')}, or give --weights` };
  await phiz('models', 'pull', ...missing, '--from', values.weights);
  return { done: missing.join(', ') };
}

/** The pretrained model, from Keras. */
async function importModels(): Promise<Outcome> {
  const name = 'mini-xception';
  const there = PLACES.pretrained.find((path) => existsSync(path));
  if (there && !force) return { skipped: `${there} is there` };
  const [file] = Object.keys(REGISTRY[name].files);
  const source = pulledPath(name, file!);
  if (!existsSync(source)) return { skipped: `${source} is not there yet: phiz models pull ${name}` };
  await phiz('import', source, '--out', dirname(PLACES.pretrained[0]!));
  return { done: PLACES.pretrained[0]! };
}

/** All models on FER-2013 and on the clip. */
async function compare(): Promise<Outcome> {
  const data = join(values.data, 'fer2013');
  if (!existsSync(data)) return { skipped: `${data} is not there; --data names the folder that holds fer2013/` };
  const models = modelsThere();
  for (const role of ROLES.filter((role) => !models.some((own) => own.role === role)))
    console.log(`compare: without the ${role} model (${PLACES[role].join(' or ')} is not there yet)`);
  const known = await Promise.all(
    models.map(async ({ path }) => {
      const model = await loadModel(path);
      // A run goes on after its best epoch: the model stays, the log grows.
      return { card: model.card, epochs: (await readTrainingLog(model, path))?.epochs.length ?? 0 };
    }),
  );
  const last = await readComparison();
  const lost = last ? Object.keys(castOf(last)).filter((role) => !models.some((own) => own.role === role)) : [];
  if (lost.length > 0 && !force)
    return { skipped: `${out} also shows the ${lost.join(', ')} model, which is not there now (--force compares without)` };
  const same =
    last &&
    `${last.data.limit ?? ''}` === (values.limit ?? '') &&
    last.models.map(({ sha256 }) => sha256).join() === known.map(({ card }) => card.sha256).join() &&
    last.models.map(({ training }) => training?.epochs.length ?? 0).join() === known.map(({ epochs }) => epochs).join() &&
    last.clips.map(({ source }) => source).join() === basename(clip);
  if (same && !force) return { skipped: `${out} is of these models (--force compares them again)` };
  const limit = values.limit === undefined ? [] : ['--limit', values.limit];
  const paths = models.map(({ path }) => path);
  const title = 'The study: all models side by side';
  await phiz('compare', ...paths, '--data', data, '--clip', clip, '--out', out, '--title', title, ...limit);
  for (const [m, { name, training }] of ((await readComparison())?.models ?? []).entries()) {
    const planned = known[m]?.card.training?.epochs;
    if (training && planned && training.epochs.length < planned)
      console.log(`compare: ${name} has trained ${training.epochs.length} of ${planned} epochs; its figures are not final`);
  }
  return { done: join(out, 'comparison.html') };
}

/** All detectors on FDDB. */
async function detectors(): Promise<Outcome> {
  const data = join(values.data, 'fddb');
  if (!existsSync(data)) return { skipped: `${data} is not there; --data names the folder that holds fddb/` };
  if (existsSync(DETECTORS) && !force) return { skipped: `${DETECTORS} is there (--force measures again)` };
  const limit = values.limit === undefined ? [] : ['--limit', values.limit];
  await phiz('compare-detectors', '--data', data, '--out', dirname(DETECTORS), ...limit);
  return { done: DETECTORS };
}

/** What the detectors cost at the size of a frame of video. */
async function frame(): Promise<Outcome> {
  if (!existsSync(DETECTORS)) return { skipped: 'the detectors were not compared yet' };
  if (existsSync(FRAME) && !force) return { skipped: `${FRAME} is there (--force measures again)` };
  const dir = await mkdtemp(join(tmpdir(), 'phiz-frame-'));
  try {
    await makeFrame(dir);
    await writeAtomic(FRAME, `${JSON.stringify(await compareDetectors({ data: dir }), null, 2)}\n`);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
  return { done: FRAME };
}

/** The metrics of the page. */
async function fillPage(): Promise<Outcome> {
  const comparison = await readComparison();
  const detectors = await readJson<DetectorComparison>(DETECTORS);
  const enlarged = await readJson<DetectorComparison>(FRAME);
  if (!comparison && !detectors) return { skipped: `there is nothing in ${out} yet` };
  const link = (file: string) => relative(dirname(page), join(out, file)).replaceAll('\\', '/');
  const cast = comparison ? castOf(comparison) : {};
  const judged = [...(comparison ? claims(comparison, cast) : []), ...(detectors ? detectorClaims(detectors, enlarged) : [])];
  const sections = {
    ...(comparison ? comparisonSections({ comparison, cast, link, has: (file) => existsSync(join(out, file)) }) : {}),
    ...(detectors ? { detectors: detectorSection(detectors, enlarged, (file) => link(join('detectors', file))) } : {}),
    claims: claimsSection(judged, comparison),
  };
  await writeAtomic(page, fillSections(await readFile(page, 'utf8'), sections));
  return { done: page };
}

/** Who plays which role. */
function castOf({ models }: Comparison): Cast {
  return Object.fromEntries(
    ROLES.flatMap((role) => {
      const model = models.find(({ given }) => PLACES[role].includes(given));
      return model ? [[role, model]] : [];
    }),
  );
}

function modelsThere(): readonly { readonly role: Role; readonly path: string }[] {
  return ROLES.flatMap((role) => {
    const path = PLACES[role].find((place) => existsSync(place));
    return path ? [{ role, path }] : [];
  });
}

async function readComparison(): Promise<Comparison | undefined> {
  const comparison = await readJson<Comparison>(join(out, 'comparison.json'));
  return comparison?.schemaVersion === COMPARISON_SCHEMA_VERSION ? comparison : undefined;
}

/** What an earlier step wrote; undefined where it has not run. */
async function readJson<T>(path: string): Promise<T | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as T);
}

/** Runs a command of phiz, shown first as one would type it. Throws where it fails. */
async function phiz(...args: string[]): Promise<void> {
  console.log(`$ phiz ${args.map((arg) => (/[^\w./=-]/.test(arg) ? `'${arg}'` : arg)).join(' ')}`);
  const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
  const child = spawn(process.execPath, [main, ...args], { stdio: 'inherit' });
  const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  if (code !== 0) throw new Error(`phiz ${args[0]} ended with exit code ${code}`);
}
