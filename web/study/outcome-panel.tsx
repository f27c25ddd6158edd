/** What the study comes to: the answer, the report and the tables; and the whole study as one file. */
import { useEffect, useState } from 'preact/hooks';
import { SaveButtons, type SaveFile } from '../save.js';
import type { Study } from './plan.js';
import type { SummedUp } from './sum-up.js';

export interface OutcomePanelProps {
  readonly study: Study;
  onOpen(file: File): Promise<void>;
  onSaved(): void;
}

export function OutcomePanel({ study, onOpen, onSaved }: OutcomePanelProps) {
  const [summed, setSummed] = useState<{
    readonly of: Study['recordings'];
    readonly plan: Study['plan'];
    readonly up: SummedUp;
  }>();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  const [url, setUrl] = useState<string>();
  const { plan, recordings } = study;
  const up = summed && summed.of === recordings && summed.plan === plan ? summed.up : undefined;
  const report = up?.files[0]?.blob;
  useEffect(() => {
    if (!report) return;
    const made = URL.createObjectURL(report);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [report]);

  const attempt = async (work: () => Promise<void>) => {
    setBusy(true);
    setProblem(undefined);
    try {
      await work();
    } catch (error) {
      setProblem((error as Error).message);
    } finally {
      setBusy(false);
    }
  };
  const sumUp = () =>
    attempt(async () => {
      const { sumUpStudy } = await import('./sum-up.js');
      setSummed({ of: recordings, plan, up: await sumUpStudy(study) });
    });
  const stem = plan.title.trim().replaceAll(/[^\p{L}\p{N} _-]+/gu, '_') || 'study';
  const whole: SaveFile = {
    label: 'Save the study (ZIP)',
    name: `${stem}.zip`,
    async make() {
      const { saveStudy } = await import('./study-file.js');
      const blob = await saveStudy(study);
      onSaved();
      return blob;
    },
  };
  return (
    <section class="card" aria-labelledby="study-outcome">
      <h2 id="study-outcome">3. What came out</h2>
      <div class="row">
        <button type="button" class="primary" disabled={recordings.length === 0 || busy} onClick={sumUp}>
          {busy ? 'Working…' : 'Sum up'}
        </button>
        {up && url && (
          <a class="button" href={url} target="_blank" rel="noopener">
            Open the report
          </a>
        )}
      </div>
      {problem && (
        <p class="fault" role="alert">
          {problem}
        </p>
      )}
      {up && (
        <>
          <p data-testid="answer">{up.answer.join(' ')}</p>
          <SaveButtons
            label="Save what came out"
            files={up.files.map(({ label, name, blob }) => ({ label, name, make: () => blob }))}
          />
        </>
      )}
      <h3>The whole study as one file</h3>
      <div class="row">
        <SaveButtons label="Save the study" files={[whole]} />
        <label class="button">
          <input
            type="file"
            accept=".zip,application/zip"
            class="unseen"
            disabled={busy}
            onChange={({ currentTarget }) => {
              const [file] = currentTarget.files ?? [];
              if (file) void attempt(() => onOpen(file));
              currentTarget.value = '';
            }}
          />
          Open a saved study
        </label>
      </div>
      <p class="quiet">
        Holds the plan with its stimuli, and the results of every frame; never the film. <code>phiz study design.json</code> makes
        the same report of it, unpacked.
        {study.unsaved && ' What was recorded since it was last saved is lost when this page closes.'}
      </p>
    </section>
  );
}
