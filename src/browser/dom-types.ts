/**
 * Types of the page's platform as public declarations name them: the browser's own where a project's `lib` has them, `never` where it
 * has not (a worker's project knows no elements, a server's no VideoFrame). So phiz's declarations compile in each.
 */
type Platform<Name extends string> =
  typeof globalThis extends Record<Name, { readonly prototype: infer Instance }> ? Instance : never;

export type HTMLCanvasElement = Platform<'HTMLCanvasElement'>;
export type HTMLImageElement = Platform<'HTMLImageElement'>;
export type HTMLVideoElement = Platform<'HTMLVideoElement'>;
export type ImageBitmap = Platform<'ImageBitmap'>;
export type ImageData = Platform<'ImageData'>;
export type OffscreenCanvas = Platform<'OffscreenCanvas'>;
export type VideoFrame = Platform<'VideoFrame'>;
export type Worker = Platform<'Worker'>;
/** What phiz hands over to a worker rather than copies. */
export type Transferable = ArrayBuffer | ImageBitmap | VideoFrame;
