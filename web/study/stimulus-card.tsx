/** One stimulus of a plan: looked at, named, and its moments marked. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { momentFault, type Stimulus } from './plan.js';

/** The address of a file for an element, as long as the component lives. */
export function useFileUrl(file: Blob): string | undefined {
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    const made = URL.createObjectURL(file);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [file]);
  return url;
}

export interface StimulusCardProps {
  readonly stimulus: Stimulus;
  /** Somebody was recorded before it: only its moments may change. */
  readonly locked: boolean;
  onChange(stimulus: Stimulus): void;
  /** Gives why not, if the name is not free. */
  onRename(name: string): string | undefined;
  onRemove(): void;
}

export function StimulusCard({ stimulus, locked, onChange, onRename, onRemove }: StimulusCardProps) {
  const { name, file, kind, seconds, moments } = stimulus;
  const url = useFileUrl(file);
  const video = useRef<HTMLVideoElement>(null);
  const [fault, setFault] = useState<string>();
  return (
    <li class="stimulus">
      <div class="look">
        {kind === 'video' ? (
          // biome-ignore lint/a11y/useMediaCaption: what the user brings is shown as it is
          <video ref={video} src={url} controls preload="metadata" aria-label={`Stimulus ${name}`} />
        ) : (
          <img src={url} alt={`Stimulus ${name}`} />
        )}
      </div>
      <div class="about">
        <div class="fields">
          <label class="field">
            <span>Name</span>
            <input
              type="text"
              value={name}
              disabled={locked}
              onChange={({ currentTarget }) => {
                const refused = onRename(currentTarget.value.trim());
                setFault(refused);
                if (refused !== undefined) currentTarget.value = name;
              }}
            />
          </label>
          {kind === 'image' ? (
            <label class="field">
              <span>Shown for (seconds)</span>
              <input
                type="number"
                min="1"
                max="600"
                step="0.5"
                value={seconds}
                disabled={locked}
                onChange={({ currentTarget: { valueAsNumber } }) => {
                  if (valueAsNumber >= 1 && valueAsNumber <= 600) onChange({ ...stimulus, seconds: valueAsNumber });
                }}
              />
            </label>
          ) : (
            <p class="quiet number">{seconds.toFixed(1)} s</p>
          )}
          <button type="button" disabled={locked} onClick={onRemove}>
            Remove {name}
          </button>
        </div>
        {fault && (
          <p class="fault" role="alert">
            {fault}
          </p>
        )}
        <ul class="moment-list" aria-label={`Moments of ${name}`}>
          {moments.map((moment) => (
            <li key={moment.label}>
              <span>
                <strong>{moment.label}</strong>{' '}
                <span class="quiet number">
                  {moment.from} to {moment.to} s
                </span>
              </span>
              <button
                type="button"
                aria-label={`Remove the moment ${moment.label}`}
                onClick={() => onChange({ ...stimulus, moments: moments.filter((other) => other !== moment) })}
              >
                ×
              </button>
            </li>
          ))}
        </ul>
        <MomentForm
          stimulus={stimulus}
          now={kind === 'video' ? () => video.current?.currentTime ?? 0 : undefined}
          onAdd={(moment) => onChange({ ...stimulus, moments: [...moments, moment].sort((a, b) => a.from - b.from) })}
        />
      </div>
    </li>
  );
}

/** `now`: the second at which the clip stands; undefined where there is none. */
function MomentForm({
  stimulus,
  now,
  onAdd,
}: {
  readonly stimulus: Stimulus;
  readonly now: (() => number) | undefined;
  readonly onAdd: (moment: Stimulus['moments'][number]) => void;
}) {
  const [draft, setDraft] = useState({ label: '', from: '', to: '' });
  const [fault, setFault] = useState<string>();
  const set = (change: Partial<typeof draft>) => setDraft({ ...draft, ...change });
  const add = () => {
    const moment = { label: draft.label.trim(), from: secondsOf(draft.from), to: secondsOf(draft.to) };
    const found = moment.label === '' ? 'a moment needs a name' : momentFault(stimulus, moment);
    setFault(found);
    if (found !== undefined) return;
    onAdd(moment);
    setDraft({ label: '', from: '', to: '' });
  };
  const time = (name: 'from' | 'to', label: string) => (
    <span class="field">
      <label class="field">
        <span>{label}</span>
        <input
          type="text"
          inputMode="decimal"
          size={5}
          value={draft[name]}
          onInput={({ currentTarget }) => set({ [name]: currentTarget.value })}
        />
      </label>
      {now && (
        <button
          type="button"
          class="small"
          title={`${label}: where the clip stands`}
          onClick={() => set({ [name]: now().toFixed(1) })}
        >
          here
        </button>
      )}
    </span>
  );
  return (
    <form
      class="fields"
      aria-label={`A moment of ${stimulus.name}`}
      onSubmit={(event) => {
        event.preventDefault();
        add();
      }}
    >
      <label class="field">
        <span>Moment</span>
        <input
          type="text"
          placeholder="logo, punch line…"
          value={draft.label}
          onInput={({ currentTarget }) => set({ label: currentTarget.value })}
        />
      </label>
      {time('from', 'from (s)')}
      {time('to', 'to (s)')}
      <button type="submit">Add</button>
      {fault && (
        <p class="fault" role="alert">
          {fault}
        </p>
      )}
    </form>
  );
}

function secondsOf(text: string): number {
  return text.trim() === '' ? Number.NaN : Number(text.trim().replace(',', '.'));
}
