import { DuffelError } from '@duffel/api';
import { OutcomeUnknown, Permanent, Retryable } from '../../errors.ts';

/** The first error of a Duffel answer, and its status; undefined fields where the body was not Duffel's. */
export interface DuffelFailure {
  readonly status: number | undefined;
  readonly code: string | undefined;
  /** Duffel's own error envelope was there: the answer came from Duffel, not from something in between. */
  readonly fromDuffel: boolean;
  readonly retryAfterMs: number | undefined;
}

/** Codes of create-order after which an order may exist all the same. Source: Duffel, "Errors"; docs/vendors.md. */
const MAYBE_BOOKED = new Set(['duplicate_booking', 'order_creation_already_attempted']);
/** An airline failure after which Duffel is certain that there is no order. */
const CERTAINLY_NOT = 'order_not_created';

/** Milliseconds until `ratelimit-reset`, which Duffel writes as a date. */
export function resetIn(header: string | null | undefined, now: number): number | undefined {
  const at = header ? Date.parse(header) : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}

export function describeFailure(
  status: number | undefined,
  body: unknown,
  reset: string | null,
): DuffelFailure {
  const { errors, meta } = (body ?? {}) as { errors?: { code?: string }[]; meta?: { request_id?: string } };
  const code = Array.isArray(errors) ? errors[0]?.code : undefined;
  return {
    status,
    code,
    fromDuffel: Boolean(code && meta?.request_id),
    retryAfterMs: status === 429 ? (resetIn(reset, Date.now()) ?? 10_000) : undefined,
  };
}

/** Failure of a read or a search: nothing was done, so the only question is whether asking again may help. */
export function readError(error: unknown): Retryable | Permanent {
  if (!(error instanceof DuffelError))
    return new Retryable('duffel_unreachable', 'Duffel could not be reached', { cause: error });
  const { status, code, retryAfterMs } = describeFailure(
    error.status,
    { errors: error.errors, meta: error.meta },
    error.headers?.get('ratelimit-reset') ?? null,
  );
  if (status === 429)
    return new Retryable('rate_limit_exceeded', 'Duffel asks for patience', {
      retryAfterMs: retryAfterMs ?? 10_000,
    });
  if (status === undefined || status >= 500)
    return new Retryable(
      code ?? `duffel_${status ?? 'unreadable'}`,
      `Duffel answered ${status ?? 'something unreadable'}`,
    );
  return new Permanent(code ?? `duffel_${status}`, `Duffel refused: ${code ?? status}`);
}

/**
 * Failure of create-order, sorted by what is certain.
 * Permanent: there is no order. Retryable: Duffel turned us away before it began (429). OutcomeUnknown: anything else.
 */
export function orderError({ status, code, fromDuffel, retryAfterMs }: DuffelFailure): Error {
  const words = `create order: ${code ?? status ?? 'no answer'}`;
  if (status === 429)
    return new Retryable('rate_limit_exceeded', words, { retryAfterMs: retryAfterMs ?? 10_000 });
  if (!fromDuffel || code === undefined || status === undefined)
    return new OutcomeUnknown(code ?? `duffel_${status ?? 'unreadable'}`, words);
  if (MAYBE_BOOKED.has(code)) return new OutcomeUnknown(code, words);
  if (code === CERTAINLY_NOT) return new Permanent(code, words);
  // A 503 in Duffel's own envelope was never sent to the airline; one from a proxy may hide anything.
  if (status === 503) return new Permanent('service_unavailable', words);
  return status >= 500 ? new OutcomeUnknown(code, words) : new Permanent(code, words);
}
