/**
 * One participant before the camera: opens it, looks at its frames all the time, tells how good they are, and takes what is found while
 * a stimulus is shown. Keeps results, never images. What is shown, and when, is the dialog's business.
 */
import {
  type BrowserAnalyzer,
  type Camera,
  type CameraFrame,
  createSummary,
  type FrameResult,
  openCamera,
  PhizError,
  type Step,
} from '#dist/browser/index.js';
import { CAMERA } from '#dist/results/video-result.js';
import type { StimulusClock } from '#dist/study/stimulus-clock.js';
import { DETECT_SIZE } from '../camera-session.js';
import { Meter } from '../meter.js';
import { Stage } from '../stage.js';
import { lightOf } from './light.js';
import type { Live } from './live-quality.js';
import type { StudyRecording } from './plan.js';
import { qualityIn } from './recorded-course.js';

export interface SittingOptions {
  readonly video: HTMLVideoElement;
  readonly canvas: HTMLCanvasElement;
  readonly engine: Promise<BrowserAnalyzer>;
  onLive(live: Live): void;
  /** The camera or the analysis failed, or did not begin; `lost`: it ran before. */
  onFail(error: Error, lost: boolean): void;
}

/** What is recorded now. */
export interface Take extends Pick<StudyRecording, 'participant' | 'stimulus' | 'group'> {
  readonly clock: StimulusClock;
  /** Seconds of a neutral face before the stimulus, and of the stimulus. */
  readonly neutral: number;
  readonly seconds: number;
}

/** Milliseconds between two words on quality. */
const TELL_EVERY = 200;
/** Milliseconds to wait for the frames that are still being analysed when a stimulus ends. */
const LATEST = 1500;
/** Share of the neutral seconds, at their start, that do not count: somebody just pressed a button. */
const SETTLING = 0.2;
/** Seconds that the last frame stands for at most. */
const LONGEST = 0.5;
/** Seconds for which a stimulus may stand still without a note. */
const STALL = 0.3;

export class Sitting {
  readonly #options: SittingOptions;
  readonly #stage: Stage;
  readonly #meter = new Meter();
  #camera: Camera | undefined;
  #analyzer: BrowserAnalyzer | undefined;
  #stopped = false;
  #told = 0;
  #newest = 0;
  #taken: { readonly now: number; readonly result: FrameResult }[] | undefined;
  #hidden = false;
  /** Whether the camera's image is drawn. */
  preview = true;

  constructor(options: SittingOptions) {
    this.#options = options;
    this.#stage = new Stage(options.canvas);
    document.addEventListener('visibilitychange', this.#onVisibility);
  }

  /** Opens the camera and goes on by itself. */
  async run(id: string | undefined): Promise<void> {
    const { video, engine, onFail } = this.#options;
    try {
      const camera = await openCamera({ id, video });
      if (this.#stopped) return camera.stop();
      this.#camera = camera;
      this.#stage.setRatio(camera.width / camera.height);
      this.#analyzer = await engine;
      if (!this.#stopped) void this.#follow(this.#analyzer, camera);
    } catch (error) {
      if (!this.#stopped) onFail(error as Error, false);
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#camera?.stop();
    document.removeEventListener('visibilitychange', this.#onVisibility);
  }

  /** Takes what is found from now on. */
  begin(): void {
    this.#taken = [];
    this.#hidden = document.hidden;
  }

  /** Drops what was taken. */
  drop(): void {
    this.#taken = undefined;
  }

  /** What was taken of a stimulus that ends now. Throws PhizError `no-input` where there was not one frame. */
  async finish(take: Take): Promise<StudyRecording> {
    const end = performance.now();
    while (this.#newest < end && performance.now() - end < LATEST && !this.#stopped)
      await new Promise((resolve) => setTimeout(resolve, 20));
    const taken = this.#taken ?? [];
    this.#taken = undefined;
    const { clock, neutral, seconds, participant, stimulus, group } = take;
    const frames: FrameResult[] = [];
    for (const { now, result } of taken) {
      const timestamp = neutral + clock.at(now);
      const before = frames.at(-1);
      if (!(timestamp >= 0 && timestamp <= neutral + seconds) || (before && timestamp <= before.timestamp)) continue;
      if (before) frames[frames.length - 1] = { ...before, duration: timestamp - before.timestamp };
      frames.push({ ...result, frame: frames.length, timestamp, duration: Math.min(LONGEST, neutral + seconds - timestamp) });
    }
    if (frames.length === 0) throw new PhizError('no-input', 'the camera gave not one frame while the stimulus was shown');
    const summary = this.#summaryOf(frames, take);
    const baseline = neutral > 0 ? { from: SETTLING * neutral, to: neutral } : null;
    const about = { participant, stimulus, group, offset: neutral, baseline, summary };
    return {
      ...about,
      frames: new Blob(frames.map((frame) => `${JSON.stringify(frame)}\n`)),
      quality: qualityIn(about, frames),
    };
  }

  #summaryOf(frames: readonly FrameResult[], { clock, neutral, seconds, participant, stimulus }: Take) {
    const { width, height, label } = this.#camera!;
    const { models, attributes } = this.#analyzer!;
    const duration = neutral + seconds;
    const facts = {
      width,
      height,
      duration,
      frameRate: frames.length / duration,
      frameCount: undefined,
      rotation: 0,
      audio: false,
    } as const;
    const problems = [
      ...(clock.stalled > STALL ? [`the stimulus stood still for ${clock.stalled.toFixed(1)} s`] : []),
      ...(this.#hidden ? ['the page was in the background for a while'] : []),
    ];
    const summary = createSummary({
      source: `${participant} before ${stimulus}`,
      facts: { ...facts, codec: 'none', container: CAMERA },
      settings: { camera: label, width, height, detectSize: DETECT_SIZE },
      models,
      attributes,
    });
    for (const frame of frames) summary.add(frame);
    return summary.finish({ complete: problems.length === 0, problem: problems.join('; ') || null });
  }

  readonly #onVisibility = (): void => {
    if (document.hidden) this.#hidden = true;
  };

  async #follow(analyzer: BrowserAnalyzer, camera: Camera): Promise<void> {
    const { onFail } = this.#options;
    try {
      for await (const step of analyzer.follow(camera.frames(), { detectSize: DETECT_SIZE, image: true })) {
        if (!this.#stopped) this.#look(step);
        step.frame.release();
      }
      if ((await camera.ended) === 'lost') throw new PhizError('camera-failed', 'it was unplugged, or another program took it');
    } catch (error) {
      camera.stop();
      if (!this.#stopped) onFail(error as Error, true);
    }
  }

  #look({ frame, faces, result, image }: Step<CameraFrame>): void {
    this.#newest = frame.taken;
    this.#meter.add(frame.taken);
    if (result) this.#taken?.push({ now: frame.taken, result });
    if (!image) return;
    const { width, height } = image;
    if (this.preview)
      this.#stage.draw({ bitmap: image, width, height, faces, attributes: [], hide: [], mirror: true, chosen: undefined });
    const now = performance.now();
    if (now - this.#told < TELL_EVERY) return;
    this.#told = now;
    const largest = faces.toSorted((a, b) => b.box.width * b.box.height - a.box.width * a.box.height)[0];
    const quality = result?.faces.find(({ person }) => person === largest?.person)?.raw?.quality;
    this.#options.onLive({
      faces: faces.length,
      size: quality?.size,
      light: largest && lightOf(image, largest.box),
      rate: this.#meter.read()?.rate,
    });
  }
}
