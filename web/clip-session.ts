/** A clip from its file to the screen: every frame is followed and drawn once as it is read; afterwards any moment can be looked at again. */
import { lookClosely } from '#dist/analyze/close-look.js';
import type { Attribute } from '#dist/attributes/attribute.js';
import { sizeOfBitmap } from '#dist/browser/image-source.js';
import {
  type BrowserAnalyzer,
  type BrowserClip,
  type FrameResult,
  type ModelCard,
  openClip,
  PhizError,
} from '#dist/browser/index.js';
import { framesAround } from '#dist/media/faces-at.js';
import { type AnnotatedClipOptions, annotatedClip } from './annotated-clip.js';
import { type Course, coursesOf } from './course.js';
import { Meter } from './meter.js';
import { personShown } from './people.js';
import { Recording } from './recording.js';
import type { Scene, ShownFace, Stage } from './stage.js';

export interface ClipView {
  readonly kind: 'clip';
  readonly name: string;
  readonly done: boolean;
  /** Why it ended early, where it did. */
  readonly problem: string | undefined;
  readonly faces: readonly ShownFace[];
  readonly shown: number | undefined;
  readonly attributes: readonly Attribute[];
  readonly courses: readonly Course[];
  readonly plotVersion: number;
  readonly meter: ReturnType<Meter['read']>;
  /** Seconds shown, and of the whole clip. */
  readonly moment: number;
  readonly duration: number;
  readonly recording: Recording;
  /** Whether it has sound. */
  readonly audio: boolean;
  readonly session: ClipSession;
}

export interface ClipSettings {
  /** Whether the clip is what the stage shows. */
  readonly visible: boolean;
  readonly blur: boolean;
  readonly choice: number | 'largest';
}

export interface ClipSessionOptions {
  readonly file: File;
  readonly analyzer: BrowserAnalyzer;
  /** Of the user's own models. */
  readonly cards: readonly ModelCard[];
  readonly stage: Stage;
  /** Frames analysed a second at most; undefined: all. */
  readonly fps: number | undefined;
  /** Small images for the report. */
  readonly images: boolean;
  readonly settings: ClipSettings;
  onChange(view: ClipView): void;
}

/** Milliseconds between two drawings of the plot. */
const PLOT_EVERY = 250;

export class ClipSession {
  readonly #options: ClipSessionOptions;
  readonly #courses: readonly Course[];
  readonly #meter = new Meter();
  #settings: ClipSettings;
  #clip: BrowserClip | undefined;
  #recording: Recording | undefined;
  #stop = new AbortController();
  #view: ClipView | undefined;
  #shown: number | undefined;
  #plotted = 0;
  #seeking = Promise.resolve();
  #wanted: number | undefined;

  constructor(options: ClipSessionOptions) {
    this.#options = options;
    this.#settings = options.settings;
    this.#courses = coursesOf(options.analyzer.attributes);
  }

  /** Opens the clip. Throws PhizError `invalid-data` where it is none that this browser reads. */
  async open(): Promise<void> {
    const { file, analyzer, cards, fps, images } = this.#options;
    this.#clip = await openClip(file);
    const settings = { fps: fps ?? null };
    this.#recording = new Recording({ source: file.name, analyzer, cards, settings, images });
  }

  /** Analyses it to its end, or to where it is stopped or damaged. */
  async run(): Promise<void> {
    const { analyzer, fps } = this.#options;
    const clip = this.#clip!;
    let problem: string | undefined;
    let frames = 0;
    try {
      const options = { fps, signal: this.#stop.signal, image: true };
      for await (const { frame, result, faces, seen, image } of analyzer.follow(clip, options)) {
        frames++;
        if (result && image) {
          for (const course of this.#courses) course.add(result);
          const { width, height } = image;
          let hide = this.#hide(result, seen);
          // What is kept is looked at as closely as it can be; what is on the screen passes.
          if (hide && this.#recording!.wantsImage(result))
            hide = [...hide, ...(await lookClosely(analyzer, image, { turn: false, signal: this.#stop.signal }))];
          const bitmap = this.#draw({ bitmap: image, width, height }, faces, hide ?? []);
          this.#recording!.add(result, { bitmap, width, height }, hide);
          this.#meter.add(performance.now());
          this.#tell({ faces, moment: result.timestamp });
        }
        frame.release();
        if (this.#recording!.full) {
          problem = 'more frames than are kept';
          break;
        }
      }
    } catch (error) {
      if (!(error instanceof PhizError)) throw error;
      problem = error.code === 'aborted' ? 'stopped' : error.message;
    }
    if (frames === 0 && problem && problem !== 'stopped') throw new PhizError('invalid-data', problem);
    this.#recording!.finish(clip.facts, { complete: problem === undefined, problem: problem ?? null, frames });
    this.#plotted = 0;
    this.#tell({ done: true, problem });
  }

  stop(): void {
    this.#stop.abort();
  }

  /** Ends all; the clip's file is let go. */
  async dispose(): Promise<void> {
    this.stop();
    await this.#clip?.dispose();
  }

  set(settings: ClipSettings): void {
    this.#settings = settings;
    if (this.#view?.done && settings.visible) this.seek(this.#view.moment);
  }

  /** Shows the frame of a moment again, with what was found in it. */
  seek(seconds: number): void {
    this.#wanted = seconds;
    this.#seeking = this.#seeking.then(async () => {
      const moment = this.#wanted;
      // Only the newest wish counts.
      if (moment === undefined) return;
      this.#wanted = undefined;
      if (!this.#settings.visible) return;
      const [result] = framesAround(this.#recording!.frames, moment);
      const frame = await this.#clip?.frameAt(moment).catch(() => undefined);
      if (!frame) return;
      const faces = result?.faces ?? [];
      this.#draw({ bitmap: frame.bitmap, ...sizeOfBitmap(frame.bitmap) }, faces, (result && this.#hide(result, [])) ?? []);
      frame.release();
      this.#plotted = 0;
      this.#tell({ faces, moment });
    });
  }

  /** The whole clip with its faces marked, as a file. Throws what `annotatedClip` throws. */
  annotated(options: Pick<AnnotatedClipOptions, 'sound' | 'signal' | 'onProgress'>): Promise<Blob> {
    const { file, analyzer } = this.#options;
    const made = { file, analyzer, clip: this.#clip!, frames: this.#recording!.frames };
    const how = { partial: this.#view?.problem !== undefined, blur: this.#settings.blur };
    return annotatedClip({ ...made, ...how, ...options });
  }

  #hide(result: FrameResult, seen: readonly { x: number; y: number; width: number; height: number }[]) {
    return this.#settings.blur ? [...result.faces.map(({ box }) => box), ...seen] : undefined;
  }

  #draw(shown: Pick<Scene, 'bitmap' | 'width' | 'height'>, faces: readonly ShownFace[], hide: Scene['hide']): CanvasImageSource {
    const { stage, analyzer } = this.#options;
    this.#shown = personShown(faces, this.#settings.choice, this.#shown);
    const { attributes } = analyzer;
    const scene = { ...shown, faces, attributes, hide, mirror: false, chosen: this.#shown };
    return this.#settings.visible ? stage.draw(scene) : stage.prepare(scene);
  }

  #tell(change: Partial<ClipView>): void {
    const now = performance.now();
    const plot = now - this.#plotted >= PLOT_EVERY;
    if (plot) this.#plotted = now;
    const before = this.#view;
    this.#view = {
      kind: 'clip',
      name: this.#options.file.name,
      done: before?.done ?? false,
      problem: before?.problem,
      faces: before?.faces ?? [],
      moment: before?.moment ?? 0,
      attributes: this.#options.analyzer.attributes,
      courses: this.#courses,
      duration: this.#clip!.facts.duration,
      recording: this.#recording!,
      audio: this.#clip!.facts.audio,
      session: this,
      ...change,
      shown: this.#shown,
      plotVersion: (before?.plotVersion ?? 0) + (plot ? 1 : 0),
      meter: this.#meter.read(),
    };
    this.#options.onChange(this.#view);
  }
}
