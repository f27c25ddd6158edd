/**
 * A camera as a source of frames: always the newest one, taken when it is asked for, so that a slow reader falls behind in frames and
 * not in time. Starts nothing by itself and records nothing.
 */
import { PhizError } from '../core/error.js';
import type * as dom from './dom-types.js';
import { frameOf } from './image-source.js';

/** A camera that may be opened. */
export interface CameraChoice {
  readonly id: string;
  /** As the browser calls it; empty until the camera may be used. */
  readonly label: string;
}

/** A frame of the camera; `bitmap` is valid until `release`. */
export interface CameraFrame {
  readonly bitmap: dom.VideoFrame | dom.ImageBitmap;
  /** Seconds since the camera was opened. */
  readonly timestamp: number;
  /** Seconds since the frame before. */
  readonly duration: number;
  /** `performance.now()` when it was taken. */
  readonly taken: number;
  release(): void;
}

/** An open camera. */
export interface Camera extends Disposable {
  readonly label: string;
  readonly id: string;
  readonly width: number;
  readonly height: number;
  readonly frameRate: number;
  /** Settles when it is over: stopped by `stop`, or lost (unplugged, taken away by the system). */
  readonly ended: Promise<'stopped' | 'lost'>;
  /** The newest frame each time; ends with the camera. One reader at a time. */
  frames(): AsyncIterable<CameraFrame>;
  stop(): void;
}

/** Which camera is opened, at which size. */
export interface OpenCameraOptions {
  /** Which camera; default: the browser's choice. */
  readonly id?: string | undefined;
  /** Size wished for; the camera gives what is nearest. */
  readonly width?: number | undefined;
  readonly height?: number | undefined;
  /** Where it is shown; default: nowhere. */
  readonly video?: dom.HTMLVideoElement | undefined;
}

/** The cameras there are. Throws PhizError `no-camera` where the page may not ask (no https, an old browser). */
export async function listCameras(): Promise<readonly CameraChoice[]> {
  const devices = await mediaDevices().enumerateDevices();
  return devices.filter(({ kind }) => kind === 'videoinput').map(({ deviceId, label }) => ({ id: deviceId, label }));
}

/**
 * Opens a camera, for which the browser asks the user. Throws PhizError `no-camera` (none there, or not over https), `camera-denied`,
 * `camera-failed` (in use elsewhere, does not start).
 */
export async function openCamera({
  id,
  width = 640,
  height = 480,
  video = document.createElement('video'),
}: OpenCameraOptions = {}): Promise<Camera> {
  const stream = await request(id, width, height);
  const [track] = stream.getVideoTracks();
  if (!track) throw new PhizError('no-camera', 'the browser gave a stream without video');
  video.muted = true;
  video.playsInline = true;
  video.srcObject = stream;
  let over: (how: 'stopped' | 'lost') => void = () => {};
  const ended = new Promise<'stopped' | 'lost'>((resolve) => {
    over = resolve;
  });
  const reader = new FrameReader(video);
  const end = (how: 'stopped' | 'lost'): void => {
    track.stop();
    reader.end();
    if (video.srcObject === stream) video.srcObject = null;
    over(how);
  };
  track.addEventListener('ended', () => end('lost'));
  try {
    await video.play();
  } catch (cause) {
    end('stopped');
    throw new PhizError('camera-failed', 'the camera gives no image; another program may be using it', { cause });
  }
  const { deviceId = '', frameRate = 30 } = track.getSettings();
  return {
    label: track.label,
    id: deviceId,
    width: video.videoWidth,
    height: video.videoHeight,
    frameRate,
    ended,
    frames: () => ({ [Symbol.asyncIterator]: () => reader.iterator() }),
    stop: () => end('stopped'),
    [Symbol.dispose]: () => end('stopped'),
  };
}

/** Takes frames from a playing video element. */
class FrameReader {
  readonly #video: HTMLVideoElement;
  readonly #opened = performance.now();
  /** When the newest frame came, as long as nobody has taken it. */
  #fresh: number | undefined;
  #before: number | undefined;
  #waiting: (() => void) | undefined;
  #ended = false;

  constructor(video: HTMLVideoElement) {
    this.#video = video;
    this.#watch();
  }

  end(): void {
    this.#ended = true;
    this.#waiting?.();
  }

  iterator(): AsyncIterator<CameraFrame> {
    const end: IteratorResult<CameraFrame> = { done: true, value: undefined };
    let closed = false;
    return {
      next: async () => {
        while (!closed && !this.#ended && this.#fresh === undefined)
          await new Promise<void>((resolve) => {
            this.#waiting = resolve;
          });
        if (closed || this.#ended) return end;
        return { done: false, value: await this.#take() };
      },
      return: async () => {
        closed = true;
        this.#waiting?.();
        return end;
      },
    };
  }

  async #take(): Promise<CameraFrame> {
    const taken = this.#fresh ?? performance.now();
    this.#fresh = undefined;
    const timestamp = (taken - this.#opened) / 1000;
    const duration = this.#before === undefined ? 0 : timestamp - this.#before;
    this.#before = timestamp;
    const bitmap = frameOf(this.#video, timestamp) ?? (await createImageBitmap(this.#video));
    return { bitmap, timestamp, duration, taken, release: () => bitmap.close() };
  }

  #watch(): void {
    const video = this.#video;
    const arrived = (now: number): void => {
      if (this.#ended) return;
      this.#fresh = now;
      this.#waiting?.();
      this.#watch();
    };
    if ('requestVideoFrameCallback' in video) video.requestVideoFrameCallback((now) => arrived(now));
    else requestAnimationFrame(arrived);
  }
}

async function request(id: string | undefined, width: number, height: number): Promise<MediaStream> {
  const size = { width: { ideal: width }, height: { ideal: height }, frameRate: { ideal: 30 } };
  try {
    const video = id === undefined ? { ...size, facingMode: 'user' } : { ...size, deviceId: { exact: id } };
    return await mediaDevices().getUserMedia({ video, audio: false });
  } catch (cause) {
    if (cause instanceof PhizError) throw cause;
    const name = cause instanceof DOMException ? cause.name : '';
    if (name === 'NotAllowedError' || name === 'SecurityError')
      throw new PhizError('camera-denied', 'the browser was not allowed to use the camera', { cause });
    if (name === 'NotFoundError' || name === 'OverconstrainedError')
      throw new PhizError('no-camera', id === undefined ? 'there is no camera' : 'this camera is no longer there', { cause });
    throw new PhizError('camera-failed', `the camera does not start: ${(cause as Error).message}`, { cause });
  }
}

function mediaDevices(): MediaDevices {
  if (!navigator.mediaDevices)
    throw new PhizError('no-camera', 'browsers give the camera only to pages over https or on localhost');
  return navigator.mediaDevices;
}
