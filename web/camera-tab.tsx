/** The Camera tab: starts and stops the camera, shows who is in it, records a session. */
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { type CameraChoice, listCameras, PhizError } from '#dist/browser/index.js';
import { Announcer } from './announcer.js';
import { CameraSession, type CameraView as View } from './camera-session.js';
import { attributesOf, type EngineHandle } from './engine.js';
import { EngineFailed, Message } from './message.js';
import { People, sentence } from './people.js';
import { RecordPanel } from './record-panel.js';
import type { Recording } from './recording.js';
import { Stage } from './stage.js';
import { Switch } from './switch.js';
import { Timelines } from './timeline.js';

/** Seconds of the live plot. */
const MINUTE = 60;

export function CameraTab({ engine }: { readonly engine: EngineHandle }) {
  const video = useRef<HTMLVideoElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const session = useRef<CameraSession | undefined>(undefined);
  const [view, setView] = useState<View>({ kind: 'idle' });
  const [cameras, setCameras] = useState<readonly CameraChoice[]>([]);
  const [device, setDevice] = useState<string>();
  const [mirror, setMirror] = useState(true);
  const [blur, setBlur] = useState(false);
  const [choice, setChoice] = useState<number | 'largest'>('largest');
  const [recorded, setRecorded] = useState<Recording>();
  const running = view.kind === 'running';

  const start = useCallback(
    async (id: string | undefined) => {
      session.current?.stop();
      setChoice('largest');
      const next = new CameraSession({
        video: video.current!,
        stage: new Stage(canvas.current!),
        engine: engine.ready,
        cards: engine.own.map(({ card }) => card),
        onChange: setView,
      });
      session.current = next;
      next.set({ mirror, blur, choice: 'largest' });
      await next.run(id);
      // Their names are told only once the camera may be used.
      setCameras(await listCameras().catch(() => []));
    },
    [engine.ready, engine.own, mirror, blur],
  );

  const before = useRef(engine.ready);
  useEffect(() => {
    // Other networks: what runs begins again with them.
    if (before.current !== engine.ready && running) void start(device);
    before.current = engine.ready;
  }, [engine.ready]);
  useEffect(() => session.current?.set({ mirror, blur, choice }), [mirror, blur, choice]);
  useEffect(() => {
    const list = () => void listCameras().then(setCameras, () => setCameras([]));
    list();
    navigator.mediaDevices?.addEventListener('devicechange', list);
    return () => {
      navigator.mediaDevices?.removeEventListener('devicechange', list);
      session.current?.stop();
    };
  }, []);

  const stop = () => session.current?.stop();
  const named = cameras.filter(({ id }) => id !== '');
  return (
    <div class="workspace">
      <div class="left">
        <div
          class={`stage ${running ? 'drawn' : ''} ${running || view.kind === 'starting' ? '' : 'empty'} ${mirror ? 'mirrored' : ''} ${blur ? 'blurred' : ''}`}
          data-state={running ? (view.faces.length > 0 ? 'faces' : 'no-face') : view.kind}
        >
          <video ref={video} muted playsInline tabIndex={-1} aria-label="The camera as it is" />
          <canvas
            ref={canvas}
            role="img"
            aria-label={running ? sentence(view.faces, view.attributes) : 'The camera picture, not started'}
            onClick={({ offsetX, offsetY }) => {
              const person = session.current?.stage.personAt(offsetX, offsetY);
              if (person !== undefined) setChoice(person);
            }}
          />
          {view.kind === 'starting' && <p class="pill">{view.what}</p>}
          {running && view.faces.length === 0 && <p class="pill">No face in the picture</p>}
          {running && view.recording !== undefined && <p class="pill recording">Recording {view.recording.toFixed(0)} s</p>}
          {engine.state.kind === 'failed' && !running ? (
            <EngineFailed error={engine.state.error} onRetry={engine.retry} />
          ) : (
            <CameraMessage view={view} onStart={() => start(device)} />
          )}
        </div>
        <div class="toolbar">
          {(running || view.kind === 'starting') && (
            <button type="button" class="primary" onClick={stop}>
              Stop
            </button>
          )}
          {named.length > 0 && (
            <label class="field">
              <span>Camera</span>
              <select
                value={device ?? ''}
                onChange={({ currentTarget: { value } }) => {
                  const id = value === '' ? undefined : value;
                  setDevice(id);
                  if (running) void start(id);
                }}
              >
                <option value="">the browser’s choice</option>
                {named.map(({ id, label }, i) => (
                  <option key={id} value={id}>
                    {label || `camera ${i + 1}`}
                  </option>
                ))}
              </select>
            </label>
          )}
          <Switch label="Mirror" checked={mirror} onChange={setMirror} />
          <Switch label="Hide faces" checked={blur} onChange={setBlur} />
          <p
            class="meter number"
            data-testid="meter"
            title="Frames analysed a second, and how old a picture is when its faces are drawn"
          >
            {running && view.meter ? `${view.meter.rate.toFixed(1)} frames/s · ${view.meter.latency.toFixed(0)} ms` : '\u00a0'}
          </p>
        </div>
      </div>
      <div class="right">
        <People
          attributes={running ? view.attributes : attributesOf(engine)}
          faces={running ? view.faces : []}
          shown={running ? view.shown : undefined}
          choice={choice}
          onChoose={setChoice}
        />
        <RecordPanel
          running={running}
          recording={running ? view.recording : undefined}
          recorded={recorded}
          onStart={(pictures) => {
            setRecorded(undefined);
            session.current?.record(pictures, setRecorded);
          }}
          onStop={() => session.current?.endRecording()}
        />
      </div>
      {running && <Timelines courses={view.courses} person={view.shown} span={{ last: MINUTE }} version={view.plotVersion} />}
      <Announcer text={running ? sentence(view.faces, view.attributes) : ''} />
    </div>
  );
}

function CameraMessage({ view, onStart }: { readonly view: View; readonly onStart: () => void }) {
  if (view.kind === 'idle')
    return (
      <Message title="See what faces show" state="idle">
        <p>
          Start the camera, and every face gets a box, an expression and an age range. Only with the consent of everyone in the
          picture, and not at work or in class (see below). The picture stays on this machine.
        </p>
        <button type="button" class="primary" onClick={onStart}>
          Start camera
        </button>
      </Message>
    );
  if (view.kind !== 'failed') return null;
  const code = view.error instanceof PhizError ? view.error.code : undefined;
  const again = (
    <button type="button" class="primary" onClick={onStart}>
      Try again
    </button>
  );
  switch (code) {
    case 'camera-denied':
      return (
        <Message title="The camera is not allowed" state="denied" alert>
          <p>
            Allow it in the browser’s address bar (the camera or lock symbol beside the address), then try again. Photos and clips
            work without it.
          </p>
          {again}
        </Message>
      );
    case 'no-camera':
      return (
        <Message title="No camera" state="no-camera" alert>
          <p>{sentenceOf(view.error.message)} Plug one in, or use the other tab with a photo or a clip.</p>
          {again}
        </Message>
      );
    case 'camera-failed':
      return (
        <Message
          title={view.lost ? 'The camera is gone' : 'The camera does not start'}
          state={view.lost ? 'lost' : 'failed'}
          alert
        >
          <p>{sentenceOf(view.error.message)}</p>
          {again}
        </Message>
      );
    default:
      return (
        <Message title="The analysis stopped" state="failed" alert>
          <p>{sentenceOf(view.error.message)}</p>
          {again}
        </Message>
      );
  }
}

function sentenceOf(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
