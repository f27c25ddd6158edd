/** What is planned: title, words of consent, stimuli, and what the study is about. */
import { useState } from 'preact/hooks';
import { WHOLE } from '#dist/study/design.js';
import { Switch } from '../switch.js';
import { OUTCOMES, openStimulus, type Plan, type Stimulus } from './plan.js';
import { StimulusCard } from './stimulus-card.js';

export interface PlanPanelProps {
  readonly plan: Plan;
  /** Somebody was recorded: only title and moments may change. */
  readonly locked: boolean;
  onChange(change: (plan: Plan) => Plan): void;
}

export function PlanPanel({ plan, locked, onChange }: PlanPanelProps) {
  const [problem, setProblem] = useState<string>();
  const { title, consent, neutral, rotate, primary, stimuli } = plan;
  const set = (change: Partial<Plan>) => onChange((before) => ({ ...before, ...change }));
  const put = (at: number, stimulus: Stimulus) =>
    onChange((before) => ({ ...before, stimuli: before.stimuli.with(at, stimulus) }));
  const add = async (files: readonly File[]) => {
    setProblem(undefined);
    let taken = stimuli.map(({ name }) => name);
    for (const file of files)
      try {
        const stimulus = await openStimulus(file, taken);
        taken = [...taken, stimulus.name];
        onChange((before) => ({ ...before, stimuli: [...before.stimuli, stimulus] }));
      } catch (error) {
        setProblem((error as Error).message);
      }
  };
  const windows = [...new Set(stimuli.flatMap(({ moments }) => moments.map(({ label }) => label)))];
  return (
    <section class="card" aria-labelledby="study-plan">
      <h2 id="study-plan">1. What is shown</h2>
      <label class="stacked">
        <span>Title of the study</span>
        <input type="text" value={title} onInput={({ currentTarget }) => set({ title: currentTarget.value })} />
      </label>
      <label class="stacked">
        <span>What participants read and agree to, in your words</span>
        <textarea
          rows={4}
          value={consent}
          disabled={locked}
          placeholder="Who you are and what the study is for; that the camera is read while you watch, by this program on this machine; that numbers about expressions are kept and no film; how long they are kept, who sees them, and that anybody may stop at any time and have them deleted."
          onInput={({ currentTarget }) => set({ consent: currentTarget.value })}
        />
      </label>
      <ul class="stimuli" aria-label="Stimuli">
        {stimuli.map((stimulus, i) => (
          <StimulusCard
            key={stimulus.file}
            stimulus={stimulus}
            locked={locked}
            onChange={(next) => put(i, next)}
            onRename={(name) => {
              if (name === '') return 'a stimulus needs a name';
              if (stimuli.some((other) => other !== stimulus && other.name === name))
                return `there is a stimulus '${name}' already`;
              put(i, { ...stimulus, name });
              return undefined;
            }}
            onRemove={() => set({ stimuli: stimuli.filter((other) => other !== stimulus) })}
          />
        ))}
      </ul>
      {problem && (
        <p class="fault" role="alert">
          {problem}
        </p>
      )}
      <div class="row">
        <label class={`button ${locked ? 'off' : ''}`}>
          <input
            type="file"
            multiple
            accept="video/*,image/*"
            class="unseen"
            disabled={locked}
            onChange={({ currentTarget }) => {
              void add([...(currentTarget.files ?? [])]);
              // The same file again is a choice too.
              currentTarget.value = '';
            }}
          />
          Add clips or images
        </label>
      </div>
      <div class="fields">
        <label class="field">
          <span>Neutral face before each (seconds)</span>
          <input
            type="number"
            min="0"
            max="30"
            step="1"
            value={neutral}
            disabled={locked}
            onChange={({ currentTarget: { valueAsNumber } }) => {
              if (valueAsNumber >= 0 && valueAsNumber <= 30) set({ neutral: valueAsNumber });
            }}
          />
        </label>
        <Switch
          label="Each participant begins with another"
          checked={rotate}
          disabled={locked}
          onChange={(next) => set({ rotate: next })}
        />
      </div>
      <div class="fields">
        <label class="field">
          <span>The study is about</span>
          <select
            value={primary?.label ?? ''}
            disabled={locked}
            onChange={({ currentTarget: { value } }) =>
              set({ primary: value === '' ? null : { label: value, window: primary?.window ?? WHOLE } })
            }
          >
            <option value="">all expressions alike</option>
            {OUTCOMES.map((label) => (
              <option key={label} value={label}>
                {label}
              </option>
            ))}
          </select>
        </label>
        {primary && (
          <label class="field">
            <span>in</span>
            <select
              value={primary.window}
              disabled={locked}
              onChange={({ currentTarget: { value } }) => set({ primary: { ...primary, window: value } })}
            >
              <option value={WHOLE}>the whole stimulus</option>
              {windows.map((label) => (
                <option key={label} value={label}>
                  {label}
                </option>
              ))}
            </select>
          </label>
        )}
        <p class="quiet">
          {locked
            ? 'Set before the first recording: only title and moments may change now.'
            : 'Name one question beforehand if you can: with few participants, many questions at once can show nothing.'}
        </p>
      </div>
    </section>
  );
}
