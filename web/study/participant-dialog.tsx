/** What a participant sees: the words of consent, themselves once to sit well, then each stimulus after a while of looking at a cross. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { BrowserAnalyzer } from '#dist/browser/index.js';
import { StimulusClock } from '#dist/study/stimulus-clock.js';
import { CameraSelect, useCameras } from '../camera-choice.js';
import { CameraFailed } from '../camera-failed.js';
import { Message } from '../message.js';
import { type Live, LiveQuality } from './live-quality.js';
import type { Plan, Stimulus, StudyRecording } from './plan.js';
import { hold, play, prepare, wait } from './player.js';
import { Sitting } from './sitting.js';
import { useFileUrl } from './stimulus-card.js';

type Phase =
  | { readonly kind: 'consent' | 'camera' | 'between' | 'neutral' | 'playing' | 'done' }
  | { readonly kind: 'failed'; readonly error: Error; readonly lost: boolean };

export interface ParticipantDialogProps {
  readonly plan: Plan;
  readonly participant: string;
  readonly group: string;
  /** In the order of this participant; one at least. */
  readonly order: readonly Stimulus[];
  readonly engine: Promise<BrowserAnalyzer>;
  onTaken(recording: StudyRecording): void;
  /** The participant takes back what was recorded. */
  onWithdraw(): void;
  onClose(): void;
}

export function ParticipantDialog({
  plan,
  participant,
  group,
  order,
  engine,
  onTaken,
  onWithdraw,
  onClose,
}: ParticipantDialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const camera = useRef<HTMLVideoElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const clip = useRef<HTMLVideoElement>(null);
  const sitting = useRef<Sitting | undefined>(undefined);
  const stop = useRef(new AbortController());
  const [phase, setPhase] = useState<Phase>({ kind: 'consent' });
  const [agreed, setAgreed] = useState(false);
  const [live, setLive] = useState<Live>();
  const [device, setDevice] = useState<string>();
  const [at, setAt] = useState(0);
  const { cameras, look } = useCameras();
  const stimulus = order[Math.min(at, order.length - 1)]!;
  const url = useFileUrl(stimulus.file);

  const end = () => {
    stop.current.abort();
    sitting.current?.stop();
    sitting.current = undefined;
  };
  useEffect(() => {
    dialog.current?.showModal();
    return end;
  }, []);

  const sit = async (id: string | undefined) => {
    end();
    stop.current = new AbortController();
    setLive(undefined);
    setPhase({ kind: 'camera' });
    const next = new Sitting({
      video: camera.current!,
      canvas: canvas.current!,
      engine,
      onLive: setLive,
      onFail: (error, lost) => {
        end();
        setPhase({ kind: 'failed', error, lost });
      },
    });
    sitting.current = next;
    await next.run(id);
    await look();
  };

  const show = async () => {
    const { signal } = stop.current;
    const here = sitting.current;
    if (!here) return;
    const clock = new StimulusClock();
    here.preview = false;
    here.begin();
    setPhase({ kind: 'neutral' });
    try {
      await wait(1000 * plan.neutral, signal);
      if (stimulus.kind === 'video') await prepare(clip.current!, signal);
      setPhase({ kind: 'playing' });
      if (stimulus.kind === 'video') await play(clip.current!, clock, signal);
      else await hold(stimulus.seconds, clock, signal);
      const { name, seconds } = stimulus;
      onTaken(await here.finish({ participant, group, stimulus: name, seconds, neutral: plan.neutral, clock }));
      setAt(at + 1);
      setPhase({ kind: at + 1 < order.length ? 'between' : 'done' });
      if (at + 1 === order.length) end();
    } catch (error) {
      // Whoever ended it has said what is shown next.
      if (signal.aborted) return;
      here.drop();
      setPhase({ kind: 'failed', error: error as Error, lost: false });
    }
  };

  const { kind } = phase;
  const watching = kind === 'neutral' || kind === 'playing';
  const leave = (
    <button type="button" onClick={onClose}>
      Stop
    </button>
  );
  return (
    <dialog
      ref={dialog}
      class="participant"
      data-phase={kind}
      aria-label={`Participant ${participant}`}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      {kind === 'consent' && (
        <div class="sheet">
          <h2>{plan.title.trim() || 'Before we begin'}</h2>
          <p class="consent">{plan.consent}</p>
          <label class="agree">
            <input type="checkbox" checked={agreed} onChange={({ currentTarget }) => setAgreed(currentTarget.checked)} />
            <span>I have read this, and I agree.</span>
          </label>
          <div class="row">
            <button type="button" class="primary" disabled={!agreed} onClick={() => sit(device)}>
              Go on
            </button>
            <button type="button" onClick={onClose}>
              I do not agree
            </button>
          </div>
        </div>
      )}
      <div class="sheet" hidden={kind !== 'camera'}>
        <h2>Sit as you will watch</h2>
        <div class={`stage mirrored ${live ? 'drawn' : ''}`}>
          <video ref={camera} muted playsInline tabIndex={-1} aria-label="The camera as it is" />
          <canvas ref={canvas} role="img" aria-label="You, as the camera sees you" />
          {!live && <p class="pill">Waiting for the camera and the networks</p>}
        </div>
        <LiveQuality live={live} />
        <div class="row">
          <button type="button" class="primary" disabled={!live} onClick={show}>
            Start watching
          </button>
          {leave}
          <CameraSelect
            cameras={cameras}
            device={device}
            onChoose={(id) => {
              setDevice(id);
              void sit(id);
            }}
          />
        </div>
        <p class="quiet">
          {plan.neutral > 0 && `First a cross for ${plan.neutral} s: look at it with a relaxed face. `}
          {order.length === 1 ? 'One thing is shown.' : `${order.length} things are shown, one after the other.`} Escape stops at
          any time.
        </p>
      </div>
      <div class="screen" hidden={!watching}>
        {kind === 'neutral' && (
          <p class="cross" role="img" aria-label="A cross to look at">
            +
          </p>
        )}
        {stimulus.kind === 'video' ? (
          // biome-ignore lint/a11y/useMediaCaption: what the user brings is shown as it is
          <video ref={clip} src={url} preload="auto" playsInline data-shown={kind === 'playing'} aria-label="What is shown" />
        ) : (
          <img src={url} alt="What is shown" data-shown={kind === 'playing'} />
        )}
        <LiveQuality live={live} />
      </div>
      {kind === 'between' && (
        <div class="sheet">
          <h2>Thank you</h2>
          <p>
            {at} of {order.length} are done. Go on when you are ready.
          </p>
          <LiveQuality live={live} />
          <div class="row">
            <button type="button" class="primary" onClick={show}>
              Go on
            </button>
            {leave}
          </div>
        </div>
      )}
      {kind === 'done' && (
        <div class="sheet">
          <h2>Thank you, that was all</h2>
          <p>Please hand the screen back.</p>
          <div class="row">
            <button type="button" class="primary" onClick={onClose}>
              Finish
            </button>
            <button type="button" onClick={onWithdraw}>
              Delete what was recorded of me
            </button>
          </div>
        </div>
      )}
      {phase.kind === 'failed' && (
        <div class="sheet">
          {sitting.current ? (
            <Message title="This could not be shown" state="failed" alert>
              <p>{phase.error.message}</p>
              <button type="button" class="primary" onClick={() => sit(device)}>
                Try again
              </button>
            </Message>
          ) : (
            <CameraFailed error={phase.error} lost={phase.lost} onRetry={() => sit(device)} />
          )}
          <div class="row">{leave}</div>
        </div>
      )}
    </dialog>
  );
}
