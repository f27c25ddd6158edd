/** The Camera tab: starts and stops the camera, shows who is in it, records a session. */
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { Announcer } from './announcer.js';
import { CameraSelect, useCameras } from './camera-choice.js';
import { CameraFailed } from './camera-failed.js';
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
  const { cameras, look } = useCameras();
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
      await look();
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
  useEffect(() => () => session.current?.stop(), []);

  const stop = () => session.current?.stop();
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
            aria-label={running ? sentence(view.faces, view.attributes) : 'The camera image, not started'}
            onClick={({ offsetX, offsetY }) => {
              const person = session.current?.stage.personAt(offsetX, offsetY);
              if (person !== undefined) setChoice(person);
            }}
          />
          {view.kind === 'starting' && <p class="pill">{view.what}</p>}
          {running && view.faces.length === 0 && <p class="pill">No face in view</p>}
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
          <CameraSelect
            cameras={cameras}
            device={device}
            onChoose={(id) => {
              setDevice(id);
              if (running) void start(id);
            }}
          />
          <Switch label="Mirror" checked={mirror} onChange={setMirror} />
          <Switch label="Hide faces" checked={blur} onChange={setBlur} />
          <p
            class="meter number"
            data-testid="meter"
            title="Frames analysed per second, and how old an image is when its faces are drawn"
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
          onStart={(images) => {
            setRecorded(undefined);
            session.current?.record(images, setRecorded);
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
          bitmap, and not at work or in class (see below). The video stays on this machine.
        </p>
        <button type="button" class="primary" onClick={onStart}>
          Start camera
        </button>
      </Message>
    );
  if (view.kind !== 'failed') return null;
  return <CameraFailed error={view.error} lost={view.lost} onRetry={onStart} />;
}
