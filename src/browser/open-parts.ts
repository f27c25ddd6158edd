/** An analyzer put together in the browser, on whatever thread this runs: ONNX Runtime for the web, and models fetched from an address. */
import { type Analyzer, assembleAnalyzer, checkOptions } from '../analyze/analyzer.js';
import { createAgeClassifier } from '../classify/age.js';
import { createEmotionClassifier } from '../classify/emotion.js';
import type { Model } from '../core/card.js';
import type { Engine } from '../core/engine.js';
import { PhizError } from '../core/error.js';
import { createAnchorFreeDetector } from '../detect/anchor-free.js';
import { createWebEngine, type WebEngine } from './engine.js';
import type { EngineFacts, OpenRequest } from './messages.js';
import { fetchModel } from './models.js';

type Role = 'detector' | 'emotion' | 'age';

/**
 * Opens engine and models, in parallel. `beside` is the address of the running script, for when no base is given. Throws PhizError
 * `invalid-option`, `model-not-found`, `model-damaged`, `model-mismatch`, `engine-unavailable`.
 */
export async function openAnalyzer(
  request: OpenRequest,
  beside: string,
): Promise<{ readonly analyzer: Analyzer; readonly engine: EngineFacts }> {
  checkOptions(request.defaults);
  const base = baseOf(request.base, beside);
  const [engine, detector, emotion, age] = await Promise.all([
    createWebEngine({ device: request.device, folder: new URL('ort/', base).href, threads: request.threads }),
    modelOf('detector', request.detector, base),
    modelOf('emotion', request.emotion, base),
    modelOf('age', request.age, base),
  ]);
  const open = (on: WebEngine) => assemble(on, { detector, emotion, age }, request);
  if (engine.device !== 'webgpu' || request.device !== 'auto') return { analyzer: await open(engine), engine: facts(engine) };
  try {
    return { analyzer: await open(engine), engine: facts(engine) };
  } catch {
    // A driver that does not take the networks is no reason to do without them where the choice is ours.
    const other = await createWebEngine({ device: 'cpu', folder: new URL('ort/', base).href, threads: request.threads });
    return { analyzer: await open(other), engine: facts(other) };
  }
}

function facts({ device, threads }: WebEngine): EngineFacts {
  return { device, threads };
}

async function assemble(engine: Engine, models: Readonly<Record<Role, Model>>, { defaults }: OpenRequest): Promise<Analyzer> {
  const [detector, emotion, age] = await Promise.allSettled([
    createAnchorFreeDetector({ engine, model: models.detector }),
    createEmotionClassifier({ engine, model: models.emotion }),
    createAgeClassifier({ engine, model: models.age }),
  ]);
  if (detector.status === 'fulfilled' && emotion.status === 'fulfilled' && age.status === 'fulfilled')
    return assembleAnalyzer({ detector: detector.value, emotion: emotion.value, age: age.value }, defaults);
  const parts = [detector, emotion, age];
  await Promise.all(parts.map((part) => part.status === 'fulfilled' && part.value.dispose()));
  throw parts.find((part) => part.status === 'rejected')?.reason;
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
      {
        cause,
      },
    );
  }
}

async function modelOf(role: Role, given: string | Model, base: string): Promise<Model> {
  const model = typeof given === 'string' ? await fetchModel(cardUrlOf(given, base)) : given;
  const fits = model.card.task === role || (model.card.task === 'classes' && role !== 'detector');
  if (!fits) throw new PhizError('model-mismatch', `model '${model.card.name}' is for '${model.card.task}', not for '${role}'`);
  return model;
}

/** A name lies in models/; an address of a card or of its .onnx is taken as it is, relative ones from the base. */
function cardUrlOf(model: string, base: string): string {
  const named = /^[\w-]+$/.test(model) ? `models/${model}.json` : model.replace(/\.onnx$/i, '.json');
  return new URL(named, base).href;
}
