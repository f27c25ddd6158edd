/** Who was recorded, how good the recordings are, and the next one. */
import { useState } from 'preact/hooks';
import { percent } from '../people.js';
import { lacking, nextName, participantsOf, type Study } from './plan.js';

/** Share of the stimulus with a face below which a recording is left out: the default of `phiz study`. */
const LEAST_FACE = 0.5;

export interface ParticipantsPanelProps {
  readonly study: Study;
  /** The networks are there. */
  readonly ready: boolean;
  onBegin(participant: string, group: string): void;
  onDelete(participant: string): void;
}

export function ParticipantsPanel({ study, ready, onBegin, onDelete }: ParticipantsPanelProps) {
  const { plan, recordings } = study;
  const participants = participantsOf(study);
  const [name, setName] = useState<string>();
  const [group, setGroup] = useState('');
  const missing = lacking(plan);
  const chosen = name?.trim() || nextName(study);
  const again = participants.includes(chosen);
  return (
    <section class="card" aria-labelledby="study-participants">
      <h2 id="study-participants">2. Who watches</h2>
      {participants.length > 0 && (
        <div class="scroll">
          <table>
            <caption class="unseen">Recordings, and for how much of each stimulus a face was seen</caption>
            <thead>
              <tr>
                <th scope="col">Participant</th>
                {plan.stimuli.map((stimulus) => (
                  <th scope="col" key={stimulus.name}>
                    {stimulus.name}
                  </th>
                ))}
                <td />
              </tr>
            </thead>
            <tbody>
              {participants.map((participant) => (
                <tr key={participant}>
                  <th scope="row">{participant}</th>
                  {plan.stimuli.map(({ name: stimulus, seconds }) => {
                    const found = recordings.find((one) => one.participant === participant && one.stimulus === stimulus);
                    return <td key={stimulus}>{found ? <Seen recording={found} seconds={seconds} /> : '–'}</td>;
                  })}
                  <td>
                    <button type="button" class="small" onClick={() => onDelete(participant)}>
                      Delete {participant}
                    </button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <form
        class="fields"
        aria-label="The next participant"
        onSubmit={(event) => {
          event.preventDefault();
          setName(undefined);
          onBegin(chosen, group.trim());
        }}
      >
        <label class="field">
          <span>Next participant</span>
          <input
            type="text"
            size={10}
            value={name ?? nextName(study)}
            onInput={({ currentTarget }) => setName(currentTarget.value)}
          />
        </label>
        <label class="field">
          <span>Group, if any</span>
          <input type="text" size={10} value={group} onInput={({ currentTarget }) => setGroup(currentTarget.value)} />
        </label>
        <button type="submit" class="primary" disabled={!ready || missing.length > 0}>
          {again ? `Record ${chosen} again` : 'Begin'}
        </button>
      </form>
      <p class="quiet">
        {missing.length > 0
          ? `Before anybody watches, the study needs ${missing.join(' and ')}.`
          : 'Use a code, not a name. Hand the screen over after “Begin”: consent comes first, the camera after it.'}
      </p>
    </section>
  );
}

function Seen({ recording: { quality, summary, offset }, seconds }: { recording: Study['recordings'][number]; seconds: number }) {
  const face = Math.min(quality.withFace / seconds, 1);
  const rate = summary.clip.analysedFrames / (offset + seconds);
  return (
    <span class={face < LEAST_FACE || summary.problem !== null ? 'fault' : undefined} title={summary.problem ?? undefined}>
      <span class="number">{percent(face)}</span> with a face <span class="quiet number">{rate.toFixed(0)} frames/s</span>
      {face < LEAST_FACE && ': too little'}
      {summary.problem !== null && `; ${summary.problem}`}
    </span>
  );
}
