/** Classifiers of the user's own: added by their files, listed, taken away. What they read shows wherever the rest does. */
import { useState } from 'preact/hooks';
import { type Model, PhizError, readModel } from '#dist/browser/index.js';
import type { EngineHandle } from './engine.js';

export function OwnModels({ engine: { own, setOwn } }: { readonly engine: EngineHandle }) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  const change = async (models: () => Promise<readonly Model[]>) => {
    setBusy(true);
    setProblem(undefined);
    try {
      await setOwn(await models());
    } catch (error) {
      setProblem((error as Error).message);
    } finally {
      setBusy(false);
    }
  };
  const add = (input: HTMLInputElement) => {
    const files = [...(input.files ?? [])];
    input.value = '';
    if (files.length > 0) void change(async () => [...own, ...(await modelsOf(files))]);
  };
  return (
    <section class="own" aria-labelledby="own">
      <h2 id="own">Classes of your own</h2>
      <p class="quiet">
        A classifier that <code>phiz train</code> made is read beside the others: choose its <code>.onnx</code> and its card, the{' '}
        <code>.json</code> of the same name. They stay in this page.
      </p>
      {own.length > 0 && (
        <ul>
          {own.map(({ card: { name, labels } }) => (
            <li key={name} class="row">
              <span>
                <strong>{name}</strong>: {labels.join(', ')}
              </span>
              <button
                type="button"
                disabled={busy}
                aria-label={`Remove ${name}`}
                onClick={() => change(async () => own.filter(({ card }) => card.name !== name))}
              >
                Remove
              </button>
            </li>
          ))}
        </ul>
      )}
      <label class="button">
        <input
          type="file"
          multiple
          accept=".onnx,.json"
          class="unseen"
          disabled={busy}
          onChange={({ currentTarget }) => add(currentTarget)}
        />
        {busy ? 'Loading…' : 'Add a model'}
      </label>
      {problem && <p role="alert">{problem}</p>}
    </section>
  );
}

/** The models of chosen files: each card with the network that it names, or the only one there. */
async function modelsOf(files: readonly File[]): Promise<readonly Model[]> {
  const endingIn = (ending: string) => files.filter(({ name }) => name.toLowerCase().endsWith(ending));
  const [cards, networks] = [endingIn('.json'), endingIn('.onnx')];
  const stem = ({ name }: File) => name.slice(0, name.lastIndexOf('.'));
  if (cards.length === 0 || cards.length !== networks.length)
    throw new PhizError(
      'model-not-found',
      `a model is two files, its .onnx and the card (.json) beside it; choose both. Chosen: ${files.map(({ name }) => name).join(', ')}`,
    );
  return Promise.all(
    cards.map((card) => {
      const network = networks.find((one) => stem(one) === stem(card)) ?? (networks.length === 1 ? networks[0] : undefined);
      if (!network) throw new PhizError('model-not-found', `there is no ${stem(card)}.onnx among the files chosen`);
      return readModel(card, network);
    }),
  );
}
