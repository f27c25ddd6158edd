/** A problem that the service answered with, as an error. */
import type { ProblemCode } from '../results/service.js';

/** A problem that the service answered with. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';
  /** HTTP status. */
  readonly status: number;
  /** Stable, safe to switch on; undefined where something between answered in the service's stead. */
  readonly code: ProblemCode | undefined;
  /** As in the service's log. */
  readonly requestId: string | undefined;
  /** Seconds after which to try again (`busy`). */
  readonly retryAfter: number | undefined;

  constructor(
    message: string,
    about: {
      readonly status: number;
      readonly code: ProblemCode | undefined;
      readonly requestId: string | undefined;
      readonly retryAfter: number | undefined;
    },
  ) {
    super(message);
    this.status = about.status;
    this.code = about.code;
    this.requestId = about.requestId;
    this.retryAfter = about.retryAfter;
  }

  /** Reads an answer that is not a success. */
  static async from(response: Response): Promise<ServiceError> {
    const text = await response.text().catch(() => '');
    const problem = parseProblem(text);
    const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN);
    return new ServiceError(problem?.detail ?? `the service answered ${response.status}`, {
      status: response.status,
      code: problem?.code,
      requestId: response.headers.get('x-request-id') ?? undefined,
      retryAfter: Number.isFinite(retryAfter) ? retryAfter : undefined,
    });
  }
}

function parseProblem(text: string): { readonly detail: string; readonly code: ProblemCode } | undefined {
  try {
    const value = JSON.parse(text) as { detail?: unknown; code?: unknown };
    return typeof value.detail === 'string' && typeof value.code === 'string'
      ? { detail: value.detail, code: value.code as ProblemCode }
      : undefined;
  } catch {
    return undefined;
  }
}
