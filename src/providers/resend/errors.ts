import { Permanent, Retryable } from '../../errors.ts';

/** An error of Resend's SDK: it names errors, and passes the status on. */
export interface ResendFailure {
  readonly name: string;
  readonly statusCode?: number | null;
}

/** Statuses in 400–499 after which the same mail may still be sent: a conflict of keys in flight, and the rate limit. */
const REPEATABLE = new Set([409, 429]);

/** Too many requests in this second. Other 429s, of the day's or the month's quota, take hours. */
const RATE_LIMITED = 'rate_limit_exceeded';

/** A mail with another text was sent under the same key, so this one is never sent. */
const KEY_USED = 'invalid_idempotent_request';

/**
 * Classifies a failed send. Sources: Resend, "Errors", "Rate limit". Permanent: the mail will never be sent. Retryable: try again.
 * @param retryAfter the header `retry-after`, in seconds
 */
export function classifyError(
  { name, statusCode }: ResendFailure,
  retryAfter?: string,
): Retryable | Permanent {
  const retryAfterMs = Number(retryAfter) * 1_000;
  const refused = statusCode && statusCode >= 400 && statusCode < 500 && !REPEATABLE.has(statusCode);
  return refused || name === KEY_USED
    ? new Permanent(name, `Resend refused: ${name}`)
    : new Retryable(
        name,
        `Resend could not send: ${name}`,
        name === RATE_LIMITED && Number.isFinite(retryAfterMs) ? { retryAfterMs } : {},
      );
}
