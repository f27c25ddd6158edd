/**
 * What goes wrong, as HTTP says it: a status, a stable code, one line. Made from PhizError where one was thrown. What is the
 * service's own fault is told in the log alone: such messages name paths, which are nobody's business.
 */
import { PhizError, type PhizErrorCode } from '../core/error.js';
import type { Problem, ProblemCode } from '../results/service.js';

const KINDS = {
  'invalid-option': [400, 'Invalid option'],
  'invalid-data': [422, 'Not a video that phiz reads'],
  'not-an-image': [422, 'Not an image that phiz reads'],
  'image-too-large': [413, 'Too many pixels'],
  'too-costly': [422, 'Takes too much time or memory'],
  'no-upload': [400, 'Nothing was uploaded'],
  'unsupported-media-type': [415, 'Unsupported media type'],
  'upload-too-large': [413, 'The upload is too large'],
  'upload-incomplete': [400, 'The upload broke off'],
  'upload-timeout': [408, 'The upload took too long'],
  'download-failed': [422, 'An input cannot be fetched'],
  unauthorized: [401, 'An API key is needed'],
  'host-not-allowed': [403, 'Host not allowed'],
  'origin-not-allowed': [403, 'Origin not allowed'],
  'not-found': [404, 'Not found'],
  'method-not-allowed': [405, 'Method not allowed'],
  'range-not-satisfiable': [416, 'Range not satisfiable'],
  'job-not-found': [404, 'There is no such job'],
  'job-not-ready': [409, 'The job is not done yet'],
  'job-failed': [409, 'The job failed'],
  'job-crashed': [500, 'The job crashed'],
  busy: [429, 'Too much to do'],
  'insufficient-storage': [507, 'No room left'],
  'shutting-down': [503, 'Shutting down'],
  'engine-unavailable': [503, 'The engine is not available'],
  'engine-failed': [500, 'The engine failed'],
  'internal-error': [500, 'Internal error'],
} as const satisfies Record<ProblemCode, readonly [status: number, title: string]>;

/** Where the errors of the library lead; those not named are the service's own fault. */
const FROM_PHIZ: Readonly<Partial<Record<PhizErrorCode, ProblemCode>>> = {
  'invalid-option': 'invalid-option',
  'invalid-data': 'invalid-data',
  'not-an-image': 'not-an-image',
  'image-too-large': 'image-too-large',
  'engine-unavailable': 'engine-unavailable',
  'engine-failed': 'engine-failed',
  disposed: 'shutting-down',
};

export interface HttpProblemOptions {
  readonly cause?: unknown | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** A failure that ends a request with a problem. */
export class HttpProblem extends Error {
  override readonly name = 'HttpProblem';
  readonly code: ProblemCode;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: ProblemCode, detail: string, { cause, headers = {} }: HttpProblemOptions = {}) {
    super(detail, { cause });
    this.code = code;
    this.headers = headers;
  }

  get status() {
    return KINDS[this.code][0];
  }
}

/** The problem that an error is. */
export function problemOf(error: unknown): HttpProblem {
  if (error instanceof HttpProblem) return error;
  const code = error instanceof PhizError ? (FROM_PHIZ[error.code] ?? 'internal-error') : 'internal-error';
  const own = KINDS[code][0] >= 500;
  const detail = own ? 'this is not your fault; the log has more under the request id' : (error as Error).message;
  return new HttpProblem(code, detail, { cause: error });
}

/** The body of the answer. */
export function problemBody({ code, message }: HttpProblem, requestId: string): Problem {
  const [status, title] = KINDS[code];
  return { type: `urn:phiz:problem:${code}`, title, status, detail: message, code, requestId };
}

/** Status of a code, for the document. */
export function statusOf(code: ProblemCode): number {
  return KINDS[code][0];
}
