/** The library in a browser: what `import … from 'phiz'` gives in a bundle for one. The same names as in Node give the same results. */
export * from '../report/library.js';
export type { EngineFacts } from './analyzer-messages.js';
export type { BitmapFrame, FollowOptions, Step, StreamSource } from './analyzer-stream.js';
export { type Camera, type CameraChoice, type CameraFrame, listCameras, type OpenCameraOptions, openCamera } from './camera.js';
export { type BrowserAnalyzer, type CreateAnalyzerOptions, createAnalyzer } from './create-analyzer.js';
export { type ImageSource, readImage } from './image-source.js';
export { readModel } from './models.js';
export { type BrowserClip, type ClipFrame, openClip } from './open-clip.js';
