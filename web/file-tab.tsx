/** The Photo or video tab: takes a file by drop, paste or choice, and shows what is in it. */
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { PhizError } from '#dist/browser/index.js';
import { momentText } from '#dist/report/duration.js';
import { Announcer } from './announcer.js';
import { ClipSession, type ClipView } from './clip-session.js';
import type { EngineHandle } from './engine.js';
import { EngineFailed, Message } from './message.js';
import { People, personShown, sentence } from './people.js';
import { drawPhoto, openPhoto, type PhotoView, photoFiles } from './photo.js';
import { recordingFiles, SaveButtons } from './save.js';
import { Stage } from './stage.js';
import { Switch } from './switch.js';
import { Timeline } from './timeline.js';

type View =
  | { readonly kind: 'empty' }
  | { readonly kind: 'busy'; readonly name: string }
  | { readonly kind: 'unsupported'; readonly name: string; readonly why: string }
  | { readonly kind: 'failed'; readonly error: Error }
  | PhotoView
  | ClipView;

/** How often a clip is looked at: label, frames per second. */
const RATES = [
  ['every frame', undefined],
  ['10 a second', 10],
  ['5 a second', 5],
  ['2 a second', 2],
] as const;

const ACCEPT = 'image/*,video/*,.mkv,.mov,.ts';

export function FileTab({ engine }: { readonly engine: EngineHandle }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const stage = useRef<Stage | undefined>(undefined);
  const clip = useRef<ClipSession | undefined>(undefined);
  const turn = useRef(0);
  const [view, setView] = useState<View>({ kind: 'empty' });
  const [blur, setBlur] = useState(false);
  const [pictures, setPictures] = useState(true);
  const [rate, setRate] = useState(0);
  const [choice, setChoice] = useState<number | 'largest'>('largest');
  const [over, setOver] = useState(false);

  const open = useCallback(
    async (file: File) => {
      // A newer file takes the place of one under way.
      const mine = ++turn.current;
      const show = (next: View) => {
        if (mine === turn.current) setView(next);
      };
      await clip.current?.dispose();
      clip.current = undefined;
      setChoice('largest');
      stage.current ??= new Stage(canvas.current!);
      stage.current.clear();
      show({ kind: 'busy', name: file.name });
      try {
        const analyzer = await engine.ready;
        if (file.type.startsWith('image/')) return show(await openPhoto(file, analyzer));
        const session = new ClipSession({
          file,
          analyzer,
          stage: stage.current,
          fps: RATES[rate]![1],
          pictures,
          settings: { blur, choice: 'largest' },
          onChange: show,
        });
        await session.open();
        if (mine !== turn.current) return await session.dispose();
        clip.current = session;
        await session.run();
      } catch (error) {
        const unsupported =
          error instanceof PhizError && ['not-an-image', 'invalid-data', 'image-too-large'].includes(error.code);
        show(
          unsupported ? { kind: 'unsupported', name: file.name, why: error.message } : { kind: 'failed', error: error as Error },
        );
      }
    },
    [engine.ready, rate, pictures, blur],
  );

  const shown =
    view.kind === 'clip' ? view.shown : view.kind === 'photo' ? personShown(view.faces, choice, undefined) : undefined;
  const faces = view.kind === 'clip' || view.kind === 'photo' ? view.faces : [];

  useEffect(() => {
    if (view.kind !== 'photo') return;
    const draw = () => drawPhoto(stage.current!, view, { blur, chosen: shown });
    draw();
    const resize = new ResizeObserver(draw);
    resize.observe(canvas.current!);
    return () => resize.disconnect();
  }, [view, blur, shown]);
  useEffect(() => clip.current?.set({ blur, choice }), [blur, choice]);
  useEffect(() => {
    const paste = ({ clipboardData }: ClipboardEvent) => {
      const [file] = clipboardData?.files ?? [];
      if (file) void open(file);
    };
    document.addEventListener('paste', paste);
    return () => document.removeEventListener('paste', paste);
  }, [open]);
  useEffect(
    () => () => {
      turn.current++;
      void clip.current?.dispose();
    },
    [],
  );

  const choose = (input: HTMLInputElement) => {
    const [file] = input.files ?? [];
    if (file) void open(file);
    // The same file again is a choice too.
    input.value = '';
  };
  const chooser = (label: string) => (
    <label class="button primary">
      <input type="file" accept={ACCEPT} class="unseen" onChange={({ currentTarget }) => choose(currentTarget)} />
      {label}
    </label>
  );
  const empty = view.kind !== 'photo' && view.kind !== 'clip' && view.kind !== 'busy';
  return (
    <section
      class="workspace"
      aria-label="Photo or video"
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        const [file] = event.dataTransfer?.files ?? [];
        if (file) void open(file);
      }}
    >
      <div class="left">
        <div
          class={`stage ${empty ? 'empty' : ''} ${over ? 'over' : ''}`}
          data-state={view.kind === 'photo' || view.kind === 'clip' ? (faces.length > 0 ? 'faces' : 'no-face') : view.kind}
        >
          <canvas
            ref={canvas}
            role="img"
            aria-label={view.kind === 'photo' || view.kind === 'clip' ? `${view.name}. ${sentence(faces)}` : 'No picture yet'}
            onClick={({ offsetX, offsetY }) => {
              const person = stage.current?.personAt(offsetX, offsetY);
              if (person !== undefined) setChoice(person);
            }}
          />
          {view.kind === 'busy' && (
            <p class="pill">{engine.state.kind === 'loading' ? 'Loading the networks' : `Reading ${view.name}`}</p>
          )}
          {(view.kind === 'photo' || view.kind === 'clip') && faces.length === 0 && <p class="pill">No face in the picture</p>}
          {engine.state.kind === 'failed' ? (
            <EngineFailed error={engine.state.error} onRetry={engine.retry} />
          ) : (
            <FileMessage view={view} chooser={chooser} />
          )}
        </div>
        {view.kind === 'clip' && (
          <Moments view={view} onSeek={(t) => clip.current?.seek(t)} onStop={() => clip.current?.stop()} />
        )}
        <div class="toolbar">
          {!empty && chooser('Choose another')}
          {view.kind !== 'photo' && (
            <label class="field">
              <span>Clips: look at</span>
              <select value={rate} onChange={({ currentTarget }) => setRate(Number(currentTarget.value))}>
                {RATES.map(([label], i) => (
                  <option key={label} value={i}>
                    {label}
                  </option>
                ))}
              </select>
            </label>
          )}
          <Switch label="Hide faces" checked={blur} onChange={setBlur} />
          {view.kind !== 'photo' && <Switch label="Small pictures in the report" checked={pictures} onChange={setPictures} />}
        </div>
      </div>
      <div class="right">
        <People faces={faces} shown={shown} choice={choice} onChoose={setChoice} />
        {view.kind === 'photo' && (
          <section class="record" aria-label="Save">
            <SaveButtons label="Save what was found" files={photoFiles(view, blur)} />
          </section>
        )}
        {view.kind === 'clip' && view.done && (
          <section class="record" aria-label="Save">
            <p class="quiet">
              {view.recording.frames.length} frames looked at{view.problem && `; not the whole clip: ${view.problem}`}.
            </p>
            <SaveButtons label="Save what was found" files={recordingFiles(view.recording)} />
          </section>
        )}
      </div>
      {view.kind === 'clip' && (
        <Timeline
          course={view.course}
          person={view.shown}
          span={{ whole: view.duration }}
          version={view.plotVersion}
          moment={view.moment}
          onMoment={view.done ? (t) => clip.current?.seek(t) : undefined}
        />
      )}
      <Announcer text={view.kind === 'photo' || (view.kind === 'clip' && view.done) ? sentence(faces) : ''} />
    </section>
  );
}

/** How far the clip is, and afterwards which moment is shown. */
function Moments({
  view: { done, moment, duration, meter },
  onSeek,
  onStop,
}: {
  readonly view: ClipView;
  onSeek(seconds: number): void;
  onStop(): void;
}) {
  const time = `${momentText(moment, duration)} of ${momentText(duration, duration)}`;
  return (
    <div class="moments">
      {done ? (
        <input
          type="range"
          aria-label="Moment shown"
          aria-valuetext={time}
          min={0}
          max={duration}
          step={0.04}
          value={moment}
          onInput={({ currentTarget }) => onSeek(Number(currentTarget.value))}
        />
      ) : (
        <progress aria-label="Clip read" max={duration} value={moment} />
      )}
      <span class="number quiet">{time}</span>
      {!done && (
        <>
          <span class="number quiet">{meter ? `${meter.rate.toFixed(0)} frames/s` : ''}</span>
          <button type="button" onClick={onStop}>
            Stop
          </button>
        </>
      )}
    </div>
  );
}

function FileMessage({ view, chooser }: { readonly view: View; chooser(label: string): preact.JSX.Element }) {
  switch (view.kind) {
    case 'empty':
      return (
        <Message title="A photo or a clip" state="empty">
          <p>Drop a file here, paste a picture, or choose one. It is read in this page and sent nowhere.</p>
          {chooser('Choose a file')}
        </Message>
      );
    case 'unsupported':
      return (
        <Message title="This file cannot be read" state="unsupported" alert>
          <p>
            {view.why}. Pictures: JPEG, PNG, WebP, AVIF, GIF. Clips: MP4, MOV, WebM and MKV with a codec that this browser
            decodes.
          </p>
          {chooser('Choose another')}
        </Message>
      );
    case 'failed':
      return (
        <Message title="The analysis stopped" state="failed" alert>
          <p>{view.error.message}</p>
          {chooser('Choose another')}
        </Message>
      );
    default:
      return null;
  }
}
