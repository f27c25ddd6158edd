/**
 * Models over the page's own address, or from files that a user chose: the card is read, then its network, and the bytes are checked
 * against the card.
 */
import { type Model, type ModelCard, parseCard } from '../core/card.js';
import { PhizError } from '../core/error.js';
import { blobName } from './blob-name.js';

/**
 * Fetches the model with this card's address. Throws PhizError `model-not-found` where an address does not answer, `model-damaged`
 * where the card is none or the network's bytes are not those that it describes, `engine-unavailable` where bytes cannot be checked.
 */
export async function fetchModel(cardUrl: string): Promise<Model> {
  const response = await request(cardUrl, 'model card');
  let json: unknown;
  try {
    json = await response.json();
  } catch (cause) {
    throw new PhizError('model-damaged', `${cardUrl} is not a model card: the server sent something else than JSON`, { cause });
  }
  const card = parseCard(json, cardUrl);
  const file = beside(cardUrl, card.file);
  const model = await checkedModel(card, await (await request(file, 'model')).arrayBuffer(), file);
  const refiner = card.detector?.refiner;
  return refiner === undefined ? model : { ...model, refiner: await fetchModel(beside(cardUrl, refiner)) };
}

/** The address of a file beside a card. Throws PhizError `model-damaged` where it would lie elsewhere. */
function beside(cardUrl: string, name: string): string {
  const file = new URL(name, cardUrl).href;
  if (file.slice(0, file.lastIndexOf('/')) !== cardUrl.slice(0, cardUrl.lastIndexOf('/')))
    throw new PhizError('model-damaged', `${cardUrl}: file '${name}' must lie beside the card, without a folder`);
  return file;
}

/**
 * Reads a model from its card (`.json`) and its network (`.onnx`), such as files that somebody chose. Throws PhizError
 * `model-damaged` where the card is none or the network's bytes are not those that it describes, `engine-unavailable` where bytes
 * cannot be checked.
 *
 * @example const analyzer = await createAnalyzer({ models: [await readModel(card, network)] });
 */
export async function readModel(card: Blob, network: Blob): Promise<Model> {
  const name = blobName(card, 'the card');
  let json: unknown;
  try {
    json = JSON.parse(await card.text());
  } catch (cause) {
    throw new PhizError('model-damaged', `${name} is not a model card: it is not JSON`, { cause });
  }
  return checkedModel(parseCard(json, name), await network.arrayBuffer(), blobName(network, 'the network'));
}

async function checkedModel(card: ModelCard, buffer: ArrayBuffer, file: string): Promise<Model> {
  const bytes = new Uint8Array(buffer);
  if (bytes.length !== card.bytes)
    throw new PhizError('model-damaged', `${file} has ${bytes.length} bytes, its card says ${card.bytes}: it is another file`);
  const actual = await sha256(bytes);
  if (actual !== card.sha256)
    throw new PhizError('model-damaged', `${file} is not the file of its card: sha256 ${actual}, not ${card.sha256}`);
  return { card, bytes };
}

async function request(url: string, what: string): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, { credentials: 'same-origin' });
  } catch (cause) {
    throw new PhizError('model-not-found', `the ${what} ${url} cannot be fetched: ${(cause as Error).message}`, { cause });
  }
  if (!response.ok)
    throw new PhizError('model-not-found', `there is no ${what} at ${url}: the server answers ${response.status}`);
  return response;
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  if (!globalThis.crypto?.subtle)
    throw new PhizError(
      'engine-unavailable',
      'this page cannot check its models: browsers allow that, like the camera, only over https or on localhost',
    );
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
