/** From the camera to the screen: opens it, follows who is in it, draws each analysed frame, records. One session per start. */
import type { Attribute } from '#dist/attributes/attribute.js';
import {
  type BrowserAnalyzer,
  type Camera,
  type CameraFrame,
  type ModelCard,
  openCamera,
  PhizError,
  type Step,
} from '#dist/browser/index.js';
import { CAMERA } from '#dist/results/video-result.js';
import { type Course, coursesOf } from './course.js';
import { Meter } from './meter.js';
import { personShown } from './people.js';
import { Recording } from './recording.js';
import type { ShownFace, Stage } from './stage.js';

/** What the tab shows. */
export type CameraView =
  | { readonly kind: 'idle' }
  | { readonly kind: 'starting'; readonly what: string }
  | {
      readonly kind: 'running';
      readonly faces: readonly ShownFace[];
      readonly shown: number | undefined;
      readonly attributes: readonly Attribute[];
      readonly courses: readonly Course[];
      /** Rises a few times per second, when the plot is to be drawn again. */
      readonly plotVersion: number;
      readonly meter: ReturnType<Meter['read']>;
      /** Seconds recorded so far. */
      readonly recording: number | undefined;
    }
  | { readonly kind: 'failed'; readonly error: Error; readonly lost: boolean };

export interface CameraSettings {
  readonly mirror: boolean;
  readonly blur: boolean;
  readonly choice: number | 'largest';
}

export interface CameraSessionOptions {
  readonly video: HTMLVideoElement;
  readonly stage: Stage;
  readonly engine: Promise<BrowserAnalyzer>;
  /** Of the user's own models. */
  readonly cards: readonly ModelCard[];
  onChange(view: CameraView): void;
}

/** Longest side at which faces are looked for: in a camera's image they are large, and time is short. */
export const DETECT_SIZE = 384;

/** Seconds between two drawings of the plot, and of the figures: more often nobody sees. The image is drawn every time. */
const PLOT_EVERY = 0.2;
const TELL_EVERY = 0.08;

/** Seconds kept for the plot: the minute shown and a little more. */
const KEPT = 65;

export class CameraSession {
  readonly #options: CameraSessionOptions;
  #settings: CameraSettings = { mirror: true, blur: false, choice: 'largest' };
  #camera: Camera | undefined;
  #stopped = false;
  #shown: number | undefined;
  #plotted = Number.NEGATIVE_INFINITY;
  #plotVersion = 0;
  #told = Number.NEGATIVE_INFINITY;
  #record: { recording: Recording; since: number | undefined; first: number; done(recording: Recording): void } | undefined;
  #analyzer: BrowserAnalyzer | undefined;

  constructor(options: CameraSessionOptions) {
    this.#options = options;
  }

  get stage(): Stage {
    return this.#options.stage;
  }

  set(settings: CameraSettings): void {
    this.#settings = settings;
  }

  /** Opens the camera and goes on by itself. Resolves once it runs or has failed, which the view tells. */
  async run(id: string | undefined): Promise<void> {
    const { video, engine, onChange } = this.#options;
    onChange({ kind: 'starting', what: 'Waiting for the camera' });
    try {
      const camera = await openCamera({ id, video });
      if (this.#stopped) return camera.stop();
      this.#camera = camera;
      this.#options.stage.setRatio(camera.width / camera.height);
      onChange({ kind: 'starting', what: 'Loading the networks' });
      const analyzer = await engine;
      this.#analyzer = analyzer;
      if (!this.#stopped) void this.#follow(analyzer, camera);
    } catch (error) {
      this.#end(error as Error);
    }
  }

  stop(): void {
    this.#stopped = true;
    this.endRecording();
    this.#camera?.stop();
    this.#options.stage.clear();
    this.#options.onChange({ kind: 'idle' });
  }

  /** Records from the next frame on; `done` is given the recording when it ends, also where the camera does. */
  record(images: boolean, done: (recording: Recording) => void): void {
    const { width = 0, height = 0, label = '' } = this.#camera ?? {};
    const source = `camera ${new Date().toISOString().slice(0, 19).replaceAll(':', '.')}`;
    const settings = { camera: label, width, height, detectSize: DETECT_SIZE };
    this.#record = {
      recording: new Recording({ source, analyzer: this.#analyzer!, cards: this.#options.cards, settings, images }),
      since: undefined,
      first: 0,
      done,
    };
  }

  endRecording(): void {
    const { recording, done } = this.#record ?? {};
    this.#record = undefined;
    if (!recording || !done || recording.frames.length === 0) return;
    const { width = 1, height = 1 } = this.#camera ?? {};
    const { timestamp, duration } = recording.frames.at(-1)!;
    const length = timestamp + duration;
    const frameRate = length > 0 ? recording.frames.length / length : 0;
    const facts = { width, height, duration: length, frameRate, frameCount: undefined, rotation: 0, audio: false } as const;
    done(recording.finish({ ...facts, codec: 'none', container: CAMERA }));
  }

  async #follow(analyzer: BrowserAnalyzer, camera: Camera): Promise<void> {
    const courses = coursesOf(analyzer.attributes, { keep: KEPT });
    const meter = new Meter();
    try {
      for await (const step of analyzer.follow(camera.frames(), { detectSize: DETECT_SIZE, image: true })) {
        if (!this.#stopped) this.#show(step, courses, meter);
        step.frame.release();
      }
      if ((await camera.ended) === 'lost') throw new PhizError('camera-failed', 'it was unplugged, or another program took it');
    } catch (error) {
      camera.stop();
      this.#end(error as Error);
    }
  }

  #show({ frame, faces, seen, result, image }: Step<CameraFrame>, courses: readonly Course[], meter: Meter): void {
    const { mirror, blur, choice } = this.#settings;
    const { taken, timestamp } = frame;
    const { attributes } = this.#analyzer!;
    if (!image) return;
    const { width, height } = image;
    const hide = blur ? [...faces.map(({ box }) => box), ...seen] : [];
    this.#shown = personShown(faces, choice, this.#shown);
    const bitmap = this.#options.stage.draw({
      bitmap: image,
      width,
      height,
      faces,
      attributes,
      hide,
      mirror,
      chosen: this.#shown,
    });
    meter.add(taken);
    if (result) {
      for (const course of courses) course.add(result);
      const kept = this.#record;
      if (kept) {
        kept.since ??= timestamp;
        if (kept.recording.frames.length === 0) kept.first = result.frame;
        const own = { ...result, frame: result.frame - kept.first, timestamp: timestamp - kept.since };
        kept.recording.add(own, { bitmap, width, height }, blur ? hide : undefined);
        if (kept.recording.full) this.endRecording();
      }
    }
    if (timestamp - this.#plotted >= PLOT_EVERY) {
      this.#plotted = timestamp;
      this.#plotVersion++;
    }
    if (timestamp - this.#told < TELL_EVERY) return;
    this.#told = timestamp;
    this.#options.onChange({
      kind: 'running',
      faces,
      shown: this.#shown,
      attributes,
      courses,
      plotVersion: this.#plotVersion,
      meter: meter.read(),
      recording: this.#record ? timestamp - (this.#record.since ?? timestamp) : undefined,
    });
  }

  #end(error: Error): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.endRecording();
    this.#options.stage.clear();
    this.#options.onChange({ kind: 'failed', error, lost: this.#camera !== undefined });
  }
}
