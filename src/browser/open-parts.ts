/**
 * An analyzer put together in the browser, on whatever thread this runs: ONNX Runtime for the web, and models fetched from an address.
 * On the CPU the detector has a thread of its own, so that the next frame's faces are found while this one's are read.
 */
import type { Analyzer, AnalyzerParts, OwnPart } from '../analyze/analyzer.js';
import { checkRole, openAnalyzer } from '../analyze/open-analyzer.js';
import { checkOptions } from '../analyze/options.js';
import { createAttributeClassifier, type NetworkAttribute } from '../attributes/attribute.js';
import { NETWORK_ATTRIBUTES, type NetworkName } from '../attributes/index.js';
import { ownAttribute } from '../attributes/own.js';
import type { Model, ModelCard } from '../core/card.js';
import { checkCount } from '../core/check.js';
import type { Engine } from '../core/engine.js';
import { PhizError } from '../core/error.js';
import { createAnchorFreeDetector } from '../detect/anchor-free.js';
import type { EngineFacts, OpenRequest } from './analyzer-messages.js';
import { chooseDevice, createWebEngine, fetchRuntime } from './engine.js';
import { createThreadEngine } from './engine-thread.js';
import { fetchModel } from './models.js';

/** The models, by role; of a network left out there is none. */
interface Models {
  readonly detector: Model;
  readonly read: ReadonlyMap<NetworkName, Model>;
  readonly own: readonly Model[];
}

export interface OpenedAnalyzer {
  readonly analyzer: Analyzer;
  /** The cards of the user's own classifiers. */
  readonly own: readonly ModelCard[];
  readonly engine: EngineFacts;
}

/** From this many on, threads of the detector wait for each other more than it gains. */
const MOST_THREADS = 4;

/**
 * Opens engine and models, in parallel. `beside` is the address of the running script, for when no base is given. Throws PhizError
 * `invalid-option`, `model-not-found`, `model-damaged`, `model-mismatch`, `engine-unavailable`, `engine-failed`.
 */
export async function openParts(request: OpenRequest, beside: string): Promise<OpenedAnalyzer> {
  const { defaults, threads } = request;
  checkOptions(defaults);
  if (threads !== undefined) checkCount('threads', threads);
  const base = baseOf(request.base, beside);
  const folder = new URL('ort/', base).href;
  const models = modelsOf(request, base);
  models.catch(() => {}); // told where they are awaited
  const device = await chooseDevice(request.device);
  if (device === 'cpu') return onCpu(folder, threads, models, request);
  try {
    return await onGpu(folder, models, request);
  } catch (error) {
    // A driver that does not take the networks is no reason to do without them where the choice is ours.
    const ours = request.device === 'auto' && error instanceof PhizError && !error.code.startsWith('model-n');
    if (!ours) throw error;
    return onCpu(folder, threads, models, request);
  }
}

/** All models, fetched in parallel. */
async function modelsOf({ detector, networks, own }: OpenRequest, base: string): Promise<Models> {
  const [found, read, beside] = await Promise.all([
    modelOf('detector', detector, base),
    Promise.all(
      NETWORK_ATTRIBUTES.map(({ name }) => {
        const given = networks[name];
        return given === null ? undefined : modelOf(name, given, base);
      }),
    ),
    Promise.all(own.map((given) => modelFrom(given, base))),
  ]);
  return {
    detector: found,
    read: new Map(NETWORK_ATTRIBUTES.flatMap(({ name }, i) => (read[i] ? [[name, read[i]]] : []))),
    own: beside,
  };
}

async function onGpu(folder: string, models: Promise<Models>, request: OpenRequest): Promise<OpenedAnalyzer> {
  const engine = await createWebEngine({ device: 'webgpu', folder, binary: await fetchRuntime('webgpu', folder) });
  const { own } = await models;
  const analyzer = await assemble({ finding: engine, reading: engine }, await models, request);
  return { analyzer, own: own.map(({ card }) => card), engine: { device: 'webgpu', threads: engine.threads } };
}

async function onCpu(
  folder: string,
  threads = defaultThreads(),
  models: Promise<Models>,
  request: OpenRequest,
): Promise<OpenedAnalyzer> {
  // Scripts load and threads start while it comes.
  const binary = fetchRuntime('cpu', folder);
  const [finding, reading] = await Promise.allSettled([
    createThreadEngine({ folder, binary, threads }),
    createWebEngine({ device: 'cpu', folder, binary }),
  ]);
  try {
    if (finding.status === 'rejected') throw finding.reason;
    if (reading.status === 'rejected') throw reading.reason;
    const { own } = await models;
    const analyzer = await assemble({ finding: finding.value, reading: reading.value }, await models, request);
    return { analyzer, own: own.map(({ card }) => card), engine: { device: 'cpu', threads: finding.value.threads + 1 } };
  } catch (error) {
    if (finding.status === 'fulfilled') finding.value.end();
    throw error;
  }
}

/** All cores but the one that reads faces and draws. */
function defaultThreads(): number {
  return Math.min(Math.max((navigator.hardwareConcurrency || 1) - 1, 1), MOST_THREADS);
}

async function assemble(
  { finding, reading }: { readonly finding: Engine; readonly reading: Engine },
  models: Models,
  { defaults }: OpenRequest,
): Promise<Analyzer> {
  const parts = NETWORK_ATTRIBUTES.map((attribute) => {
    const model = models.read.get(attribute.name);
    return [attribute.name, model ? createAttributeClassifier(attribute as NetworkAttribute, { engine: reading, model }) : null];
  });
  const own = models.own.map(async (model): Promise<OwnPart> => {
    const attribute = ownAttribute(model.card) as unknown as NetworkAttribute;
    return { attribute, classifier: await createAttributeClassifier(attribute, { engine: reading, model }) };
  });
  return openAnalyzer(
    {
      detector: createAnchorFreeDetector({ engine: finding, model: models.detector }),
      ...(Object.fromEntries(parts) as { readonly [Name in NetworkName]: Promise<AnalyzerParts[Name]> }),
    },
    defaults,
    own,
  );
}

/** The folder that holds models/ and ort/, as an address with a slash at its end. */
function baseOf(given: string | undefined, beside: string): string {
  try {
    const base = new URL(given ?? '.', beside).href;
    return base.endsWith('/') ? base : `${base}/`;
  } catch (cause) {
    throw new PhizError(
      'invalid-option',
      `base must be the address of the folder with models/ and ort/; got '${given ?? beside}'`,
      { cause },
    );
  }
}

async function modelOf(role: keyof AnalyzerParts, given: string | Model, base: string): Promise<Model> {
  const model = await modelFrom(given, base);
  checkRole(role, model);
  return model;
}

async function modelFrom(given: string | Model, base: string): Promise<Model> {
  return typeof given === 'string' ? fetchModel(cardUrlOf(given, base)) : given;
}

/** A name lies in models/; an address of a card or of its .onnx is taken as it is, relative ones from the base. */
function cardUrlOf(model: string, base: string): string {
  const named = /^[\w-]+$/.test(model) ? `models/${model}.json` : model.replace(/\.onnx$/i, '.json');
  return new URL(named, base).href;
}
