/**
 * One call of a webhook: what is said, and the signature by which its receiver knows who says it, after standardwebhooks.com, for which there
 * are libraries in many languages. Trying again is for whoever calls.
 */
import { createHmac } from 'node:crypto';
import { PhizError } from '../core/error.js';
import { secretNamed } from '../node/files/secret.js';

/** Where a service or a worker says that a job has ended. */
export interface WebhookTarget {
  readonly url: string;
  /** What it is signed with. */
  readonly secret: Buffer;
}

/** What is said of a job. Neither names nor contents of files are. */
export interface WebhookMessage {
  /** The same however often it is said. */
  readonly id: string;
  readonly type: 'job.done' | 'job.failed';
  /** When the job ended. */
  readonly timestamp: string;
  readonly data: {
    readonly id: string;
    readonly kind: string;
    /** Whether a clip was read to its end; null of one that failed. */
    readonly complete: boolean | null;
    readonly problem: { readonly code: string; readonly detail: string } | null;
  };
}

const SECRET = 'PHIZ_WEBHOOK_SECRET';
const LEAST_SECRET = 24;
/** Milliseconds for an answer. */
const PATIENCE = 15_000;

/** The target of an address; its secret comes from the environment or a file named there. Throws PhizError `invalid-option`, `unreadable-file`. */
export function webhookTarget(url: string, env: NodeJS.ProcessEnv = process.env): WebhookTarget {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || !['http:', 'https:'].includes(parsed.protocol) || parsed.username || parsed.password)
    throw new PhizError('invalid-option', 'a webhook is an http:// or https:// address without a password in it');
  const secret = secretNamed(SECRET, env);
  if (!secret || secret.length < LEAST_SECRET)
    throw new PhizError(
      'invalid-option',
      `a webhook is signed: set ${SECRET}, or ${SECRET}_FILE, to a secret of ${LEAST_SECRET} characters or more`,
    );
  const base64 = /^whsec_(.+)$/.exec(secret)?.[1];
  return { url, secret: base64 === undefined ? Buffer.from(secret) : Buffer.from(base64, 'base64') };
}

/** The headers of a message that is said at `seconds` since 1970. */
export function signedHeaders(secret: Buffer, id: string, seconds: number, body: string): Record<string, string> {
  const signature = createHmac('sha256', secret).update(`${id}.${seconds}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': String(seconds), 'webhook-signature': `v1,${signature}` };
}

/** Says it once. Rejects where it was not taken: no answer in time, or one that is no success; redirects are not followed. */
export async function callWebhook(
  { url, secret }: WebhookTarget,
  message: WebhookMessage,
  signal?: AbortSignal | undefined,
): Promise<void> {
  const { id, ...said } = message;
  const body = JSON.stringify(said);
  const late = AbortSignal.timeout(PATIENCE);
  const response = await fetch(url, {
    method: 'POST',
    body,
    headers: { 'Content-Type': 'application/json', ...signedHeaders(secret, id, Math.floor(Date.now() / 1000), body) },
    redirect: 'manual',
    signal: signal ? AbortSignal.any([late, signal]) : late,
  });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`the webhook answered ${response.status}`);
}
