/**
 * The one family of errors. Every failure that phiz foresees is a PhizError with a stable `code`; its message names the
 * offending value and the way out. A plain Error that escapes is a bug.
 */

/** Stable codes, safe to switch on. */
export type PhizErrorCode =
  | 'invalid-option'
  | 'invalid-data'
  | 'not-an-image'
  | 'image-too-large'
  | 'file-not-found'
  | 'no-input'
  | 'unreadable-file'
  | 'unwritable-file'
  | 'model-not-found'
  | 'download-failed'
  | 'model-damaged'
  | 'model-mismatch'
  | 'unsupported-network'
  | 'engine-unavailable'
  | 'engine-failed'
  | 'no-camera'
  | 'camera-denied'
  | 'camera-failed'
  | 'aborted'
  | 'disposed';

/**
 * An error that phiz foresees. `cause` holds the error underneath, where there is one. One of code `aborted` is named `AbortError`, as
 * the platform's own are.
 */
export class PhizError extends Error {
  override readonly name: 'PhizError' | 'AbortError';
  readonly code: PhizErrorCode;

  constructor(code: PhizErrorCode, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options);
    this.name = code === 'aborted' ? 'AbortError' : 'PhizError';
    this.code = code;
  }
}
