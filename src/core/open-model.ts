/** Opens a model's network; what is wrong with it is said of its file. How it is run is the engine's business. */
import type { Model } from './card.js';
import type { Engine, Session } from './engine.js';
import { PhizError } from './error.js';

/** Loads the network. Throws PhizError `model-damaged` naming the file where the engine does not take it. */
export async function openModel(engine: Engine, { card, bytes, file = card.file }: Model): Promise<Session> {
  try {
    return await engine.load(bytes);
  } catch (cause) {
    if (!(cause instanceof PhizError && cause.code === 'model-damaged')) throw cause;
    throw new PhizError(cause.code, `${file}: ${cause.message}`, { cause });
  }
}
