/** The Photo or video tab: takes files by drop, paste or choice, and shows what is in them. */
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { momentText } from '#dist/report/duration.js';
import { Announcer } from './announcer.js';
import type { ClipView } from './clip-session.js';
import { attributesOf, type EngineHandle } from './engine.js';
import { FileList } from './file-list.js';
import { type FileEntry, Files, type FileView } from './files.js';
import { EngineFailed, Message } from './message.js';
import { People, personShown, sentence } from './people.js';
import { photoFiles } from './photo.js';
import { recordingFiles, SaveButtons, type SaveFile } from './save.js';
import { Stage } from './stage.js';
import { Switch } from './switch.js';
import { Timelines } from './timeline.js';
import { usePhoto } from './use-photo.js';

type View = { readonly kind: 'empty' } | FileView;

/** How often a clip is looked at: label, frames per second. */
const RATES = [
  ['every frame', undefined],
  ['10 per second', 10],
  ['5 per second', 5],
  ['2 per second', 2],
] as const;

const ACCEPT = 'image/*,video/*,.mkv,.mov,.ts';

export function FileTab({ engine }: { readonly engine: EngineHandle }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const stage = useRef<Stage | undefined>(undefined);
  const files = useRef<Files | undefined>(undefined);
  const [{ entries, shownId }, setList] = useState<{ entries: readonly FileEntry[]; shownId: number | undefined }>({
    entries: [],
    shownId: undefined,
  });
  const [blur, setBlur] = useState(false);
  const [images, setImages] = useState(false);
  const [rate, setRate] = useState(0);
  const [choice, setChoice] = useState<number | 'largest'>('largest');
  const [over, setOver] = useState(false);
  const cards = engine.own.map(({ card }) => card);
  const reader = { analyzer: engine.ready, cards, fps: RATES[rate]![1], images };
  const latest = useRef({ reader, blur });
  latest.current = { reader, blur };

  const open = useCallback((given: readonly File[]) => {
    if (given.length === 0) return;
    setChoice('largest');
    stage.current ??= new Stage(canvas.current!);
    files.current ??= new Files({
      stage: stage.current,
      reader: latest.current.reader,
      settings: { blur: latest.current.blur, choice: 'largest' },
      onChange: (next, shown) => setList({ entries: next, shownId: shown }),
    });
    files.current.add(given);
  }, []);

  const view: View = entries.find(({ id }) => id === shownId)?.view ?? { kind: 'empty' };
  const looked = view.kind === 'photo' || view.kind === 'clip' ? view : undefined;
  const faces = looked?.faces ?? [];
  const attributes =
    view.kind === 'photo' ? view.analyzer.attributes : view.kind === 'clip' ? view.attributes : attributesOf(engine);
  const shown =
    view.kind === 'clip' ? view.shown : view.kind === 'photo' ? personShown(view.faces, choice, undefined) : undefined;
  usePhoto(view.kind === 'photo' ? view : undefined, { canvas, stage, blur, chosen: shown });

  useEffect(() => files.current?.set({ blur, choice }), [blur, choice]);
  // Other networks read all anew, other options of clips the clips.
  const begun = useRef(engine.ready);
  useEffect(() => {
    const all = begun.current !== engine.ready;
    begun.current = engine.ready;
    void files.current?.use(reader, ({ view: { kind } }) => all || kind === 'clip' || kind === 'busy');
  }, [engine.ready, rate, images]);
  useEffect(() => {
    const paste = ({ clipboardData }: ClipboardEvent) => open([...(clipboardData?.files ?? [])]);
    document.addEventListener('paste', paste);
    return () => document.removeEventListener('paste', paste);
  }, [open]);
  useEffect(() => () => void files.current?.clear(), []);

  const choose = (input: HTMLInputElement) => {
    open([...(input.files ?? [])]);
    // The same file again is a choice too.
    input.value = '';
  };
  const chooser = (label: string) => (
    <label class="button primary">
      <input type="file" multiple accept={ACCEPT} class="unseen" onChange={({ currentTarget }) => choose(currentTarget)} />
      {label}
    </label>
  );
  const empty = !looked && view.kind !== 'busy' && view.kind !== 'waiting';
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
        open([...(event.dataTransfer?.files ?? [])]);
      }}
    >
      <div class="left">
        <div
          class={`stage ${empty ? 'empty' : ''} ${over ? 'over' : ''}`}
          data-state={looked ? (faces.length > 0 ? 'faces' : 'no-face') : view.kind}
        >
          <canvas
            ref={canvas}
            role="img"
            aria-label={looked ? `${looked.name}. ${sentence(faces, attributes)}` : 'No image yet'}
            onClick={({ offsetX, offsetY }) => {
              const person = stage.current?.personAt(offsetX, offsetY);
              if (person !== undefined) setChoice(person);
            }}
          />
          {view.kind === 'busy' && (
            <p class="pill">{engine.state.kind === 'loading' ? 'Loading the networks' : `Reading ${view.name}`}</p>
          )}
          {view.kind === 'waiting' && <p class="pill">{view.name} waits for its turn</p>}
          {looked && faces.length === 0 && <p class="pill">No face found</p>}
          {engine.state.kind === 'failed' ? (
            <EngineFailed error={engine.state.error} onRetry={engine.retry} />
          ) : (
            <FileMessage view={view} chooser={chooser} />
          )}
        </div>
        {view.kind === 'clip' && (
          <Moments view={view} onSeek={(t) => files.current?.seek(t)} onStop={() => files.current?.stop()} />
        )}
        <div class="toolbar">
          {!empty && chooser('Add files')}
          {view.kind !== 'photo' && (
            <label class="field">
              <span>Clips: analyse</span>
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
          {view.kind !== 'photo' && <Switch label="Small images in the report" checked={images} onChange={setImages} />}
        </div>
      </div>
      <div class="right">
        {entries.length > 1 && (
          <FileList
            entries={entries}
            shown={shownId}
            attributes={attributesOf(engine)}
            onShow={(id) => {
              setChoice('largest');
              files.current?.show(id);
            }}
            onClear={() => files.current?.clear()}
          />
        )}
        <People attributes={attributes} faces={faces} shown={shown} choice={choice} onChoose={setChoice} />
        {view.kind === 'photo' && (
          <section class="record" aria-label="Save">
            <SaveButtons label="Save what was found" files={photoFiles(view, blur)} />
          </section>
        )}
        {view.kind === 'clip' && view.done && <ClipSaves view={view} blur={blur} />}
      </div>
      {view.kind === 'clip' && (
        <Timelines
          courses={view.courses}
          person={view.shown}
          span={{ whole: view.duration }}
          version={view.plotVersion}
          moment={view.moment}
          onMoment={view.done ? (t) => files.current?.seek(t) : undefined}
        />
      )}
      <Announcer text={view.kind === 'photo' || (view.kind === 'clip' && view.done) ? sentence(faces, attributes) : ''} />
    </section>
  );
}

function ClipSaves({ view: { recording, problem, audio, session }, blur }: { readonly view: ClipView; readonly blur: boolean }) {
  const [sound, setSound] = useState(true);
  const annotated: SaveFile = {
    label: 'Annotated clip (MP4)',
    name: `${recording.name}.annotated.mp4`,
    make: (onProgress, signal) => session.annotated({ sound: audio && sound, onProgress, signal }),
  };
  return (
    <section class="record" aria-label="Save">
      <p class="quiet">
        {recording.frames.length} frames looked at{problem && `; not the whole clip: ${problem}`}.
      </p>
      <SaveButtons label="Save what was found" files={[...recordingFiles(recording), annotated]} />
      {audio && <Switch label="Sound in the annotated clip" checked={sound} onChange={setSound} />}
      {audio && sound && blur && <p class="quiet">Voices may tell who it is, though the faces are hidden.</p>}
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
        <Message title="Photos and clips" state="empty">
          <p>Drop files here, paste an image, or choose them. They are read in this page and sent nowhere.</p>
          {chooser('Choose files')}
        </Message>
      );
    case 'unsupported':
      return (
        <Message title="This file cannot be read" state="unsupported" alert>
          <p>
            {view.error.message}. Images: JPEG, PNG, WebP, AVIF, GIF. Clips: MP4, MOV, WebM and MKV with a codec that this browser
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
