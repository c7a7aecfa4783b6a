import { DuffelError } from '@duffel/api';
import { AccountTrouble, OutcomeUnknown, Permanent, Retryable } from '../../errors.ts';
import {
  type CancellationRefusal,
  CancellationRefused,
  type OrderRefusal,
  OrderRefused,
} from '../../ports/flights.ts';
import { readReset } from './quota.ts';

/** Answers to a key that was rotated, and to one without the permission. Source: Duffel, "Errors", `authentication_error`. */
const ACCOUNT_STATUSES: ReadonlySet<number | undefined> = new Set([401, 403]);

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
/** Duffel's own 503: the request never reached the airline. */
const NOT_SENT = 'service_unavailable';

/** What a definite no of create-order means. Source: Duffel, "Errors"; docs/vendors.md. Codes not named here: `refused`. */
const ORDER_REFUSALS: Readonly<Record<string, OrderRefusal>> = {
  offer_expired: 'offer_gone',
  offer_no_longer_available: 'offer_gone',
  offer_request_already_booked: 'offer_request_used',
  price_changed: 'price_changed',
  payment_amount_does_not_match_order_amount: 'price_changed',
  payment_currency_does_not_match_order_currency: 'price_changed',
  insufficient_balance: 'our_account',
  payment_declined: 'our_account',
  invalid_passenger_name: 'passenger_data',
  invalid_passenger_title: 'passenger_data',
  invalid_phone_number: 'passenger_data',
  invalid_email_address: 'passenger_data',
  duplicate_passenger_name: 'passenger_data',
  order_passengers_incompatible_with_offer: 'passenger_data',
  [CERTAINLY_NOT]: 'not_created',
  [NOT_SENT]: 'not_created',
};

/** The wait after a 429 that does not say when the window ends. */
const DEFAULT_RETRY_MS = 10_000;

/** Duffel names each rule that a field broke: `validation_required`, `validation_format`, … */
const VALIDATION = 'validation_';

const orderRefusalOf = (code: string): OrderRefusal =>
  ORDER_REFUSALS[code] ?? (code.startsWith(VALIDATION) ? 'passenger_data' : 'refused');

/** What a no to a cancellation means. Source: Duffel, "Errors"; docs/vendors.md. */
const CANCELLATION_REFUSALS: Readonly<Record<string, CancellationRefusal>> = {
  order_cancellation_stale: 'quote_stale',
  already_cancelled: 'already_cancelled',
};

/** @throws CancellationRefused for a definite no, else the error as it came */
export function asCancellationRefusal(error: unknown): never {
  if (!(error instanceof Permanent)) throw error;
  throw new CancellationRefused(error.code, CANCELLATION_REFUSALS[error.code] ?? 'refused', error.message);
}

/** Reads what of an answer says how a call failed. @param reset the header `ratelimit-reset` */
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
    retryAfterMs: status === 429 ? (readReset(reset, Date.now()) ?? DEFAULT_RETRY_MS) : undefined,
  };
}

/** Failure of a read or a search: nothing was done, so the only question is whether asking again may help. */
export function classifyReadError(error: unknown): Retryable | Permanent {
  if (!(error instanceof DuffelError))
    return new Retryable('duffel_unreachable', 'Duffel could not be reached', { cause: error });
  const { status, errors, meta, headers } = error;
  return classifyReadFailure(
    describeFailure(status, { errors, meta }, headers?.get('ratelimit-reset') ?? null),
  );
}

/** The same of an answer that says so. */
export function classifyReadFailure({ status, code, retryAfterMs }: DuffelFailure): Retryable | Permanent {
  if (status === 429)
    return new Retryable('rate_limit_exceeded', 'the rate limit of Duffel is reached', {
      retryAfterMs: retryAfterMs ?? DEFAULT_RETRY_MS,
    });
  if (ACCOUNT_STATUSES.has(status)) return new AccountTrouble('duffel', code ?? `duffel_${status}`);
  if (status === undefined || status >= 500)
    return new Retryable(
      code ?? `duffel_${status ?? 'unreadable'}`,
      `Duffel answered ${status ?? 'something unreadable'}`,
    );
  return new Permanent(code ?? `duffel_${status}`, `Duffel refused: ${code ?? status}`);
}

/**
 * Failure of create-order, classified by what is certain.
 * OrderRefused: there is no order. Retryable: the call was turned away before it began (429), AccountTrouble among them (401,
 * 403). OutcomeUnknown: anything else.
 */
export function classifyOrderError({ status, code, fromDuffel, retryAfterMs }: DuffelFailure): Error {
  const words = `create order: ${code ?? status ?? 'no answer'}`;
  if (status === 429)
    return new Retryable('rate_limit_exceeded', words, { retryAfterMs: retryAfterMs ?? DEFAULT_RETRY_MS });
  if (!fromDuffel || code === undefined || status === undefined)
    return new OutcomeUnknown(code ?? `duffel_${status ?? 'unreadable'}`, words);
  if (ACCOUNT_STATUSES.has(status)) return new AccountTrouble('duffel', code);
  if (MAYBE_BOOKED.has(code)) return new OutcomeUnknown(code, words);
  if (code === CERTAINLY_NOT) return new OrderRefused(code, orderRefusalOf(code), words);
  // A 503 in Duffel's own envelope was never sent to the airline; one from a proxy may hide anything.
  if (status === 503) return new OrderRefused(NOT_SENT, orderRefusalOf(NOT_SENT), words);
  return status >= 500
    ? new OutcomeUnknown(code, words)
    : new OrderRefused(code, orderRefusalOf(code), words);
}
