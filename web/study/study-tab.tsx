/** The Study tab: what is shown, who watches, what came out. The study itself lives as long as the page does. */
import { type Dispatch, type StateUpdater, useEffect, useState } from 'preact/hooks';
import type { EngineHandle } from '../engine.js';
import { EngineFailed } from '../message.js';
import { OutcomePanel } from './outcome-panel.js';
import { ParticipantDialog } from './participant-dialog.js';
import { ParticipantsPanel } from './participants-panel.js';
import { NEW_STUDY, orderFor, type Plan, participantsOf, type Stimulus, type Study, withRecording } from './plan.js';
import { PlanPanel } from './plan-panel.js';

/** The study of the page; leaving the page with something unsaved is asked about. */
export function useStudy() {
  const [study, setStudy] = useState<Study>(NEW_STUDY);
  useEffect(() => {
    if (!study.unsaved) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener('beforeunload', ask);
    return () => window.removeEventListener('beforeunload', ask);
  }, [study.unsaved]);
  return [study, setStudy] as const;
}

export interface StudyTabProps {
  readonly engine: EngineHandle;
  readonly study: Study;
  readonly setStudy: Dispatch<StateUpdater<Study>>;
}

interface Guest {
  readonly participant: string;
  readonly group: string;
  readonly order: readonly Stimulus[];
}

export function StudyTab({ engine, study, setStudy }: StudyTabProps) {
  const [guest, setGuest] = useState<Guest>();
  const { plan, recordings } = study;
  const remove = (participant: string) =>
    setStudy((before) => ({
      ...before,
      recordings: before.recordings.filter((one) => one.participant !== participant),
      unsaved: true,
    }));
  const open = async (file: File) => {
    if (study.unsaved && !confirm('What was recorded here is not saved. Open the other study in its place?')) return;
    const { openStudy } = await import('./study-file.js');
    setStudy(await openStudy(file));
  };
  const begin = (participant: string, group: string) => {
    const known = participantsOf(study);
    const number = known.includes(participant) ? known.indexOf(participant) : known.length;
    setGuest({ participant, group, order: orderFor(plan, number) });
  };
  return (
    <div class="study">
      <p class="quiet">
        Show clips or images to people who agreed, read their expressions meanwhile, and see what they showed, and how sure that
        is. Everything stays on this machine; figures are kept, the film is not.
      </p>
      {engine.state.kind === 'failed' && <EngineFailed error={engine.state.error} onRetry={engine.retry} />}
      <PlanPanel
        plan={plan}
        locked={recordings.length > 0}
        onChange={(change: (plan: Plan) => Plan) => setStudy((before) => ({ ...before, plan: change(before.plan) }))}
      />
      <ParticipantsPanel
        study={study}
        ready={engine.state.kind === 'ready'}
        onBegin={begin}
        onDelete={(participant) => {
          if (confirm(`Delete all that was recorded of ${participant}?`)) remove(participant);
        }}
      />
      <OutcomePanel study={study} onOpen={open} onSaved={() => setStudy((before) => ({ ...before, unsaved: false }))} />
      {guest && (
        <ParticipantDialog
          {...guest}
          plan={plan}
          engine={engine.ready}
          onTaken={(recording) => setStudy((before) => withRecording(before, recording))}
          onWithdraw={() => {
            remove(guest.participant);
            setGuest(undefined);
          }}
          onClose={() => setGuest(undefined)}
        />
      )}
    </div>
  );
}
