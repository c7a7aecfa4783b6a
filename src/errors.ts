/**
 * How work fails, classified by what the caller may do next.
 * Messages are for logs and ops: they never hold PII or a vendor's free text.
 */

/** People take minutes to mend an account: work that is under way asks this often, in ms. */
const ACCOUNT_RETRY_MS = 30_000;

/** It did not happen, and trying again may help. */
export class Retryable extends Error {
  override readonly name: string = 'Retryable';
  readonly code: string;
  /** The least wait in ms, when the vendor stated one (Retry-After, a rate limit's reset). */
  readonly retryAfterMs: number | undefined;
  constructor(code: string, message: string, options?: { retryAfterMs?: number; cause?: unknown }) {
    super(message, { cause: options?.cause });
    this.code = code;
    this.retryAfterMs = options?.retryAfterMs;
  }
}

/**
 * The vendor refused our own account: a key that was rotated, or a permission that it lacks. Nothing happened, the fault is
 * ours alone, and the same request succeeds once people have mended the account: no trip ends by it, and no card is to blame.
 */
export class AccountTrouble extends Retryable {
  override readonly name = 'AccountTrouble';
  /** The vendor, by the name of its health check. */
  readonly vendor: string;
  constructor(vendor: string, code: string) {
    super(code, `${vendor} refuses our account: ${code}`, { retryAfterMs: ACCOUNT_RETRY_MS });
    this.vendor = vendor;
  }
}

/** It did not happen, and the same request will never succeed. */
export class Permanent extends Error {
  override readonly name = 'Permanent';
  readonly code: string;
  constructor(code: string, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** It may or may not have happened: the caller looks it up and never repeats it. */
export class OutcomeUnknown extends Error {
  override readonly name = 'OutcomeUnknown';
  readonly code: string;
  /** What a success named that could not be read otherwise: it exists, and is looked up by this id. */
  readonly found: NamedByVendor | undefined;
  constructor(code: string, message: string, options?: { cause?: unknown; found?: NamedByVendor }) {
    super(message, { cause: options?.cause });
    this.code = code;
    this.found = options?.found;
  }
}

/**
 * Storage can't be reached, or the connection was lost before it answered. What was committing may or may not have been
 * committed: the caller reads before it writes again. Claims, intents and deterministic ids make repeating a job safe.
 */
export class StorageUnavailable extends Error {
  override readonly name = 'StorageUnavailable';
  readonly code = 'storage_unavailable';
  constructor(options?: { cause?: unknown }) {
    super('storage does not answer', options);
  }
}

export interface NamedByVendor {
  readonly id: string;
  /** The vendor's answer, without what says who travels. */
  readonly answer: unknown;
}

/** Another worker has claimed the attempt: this worker's writes are refused, and it must stop at once. */
export class Fenced extends Error {
  override readonly name = 'Fenced';
}

/** Storage has one already, and allows only one: nothing of the transaction was written. */
export class AlreadyExists extends Error {
  override readonly name = 'AlreadyExists';
  readonly what: UniqueThing;
  constructor(what: UniqueThing, options?: { cause?: unknown }) {
    super(`there is such a ${what} already`, options);
    this.what = what;
  }
}

/** `live_attempt`: an attempt of the trip that is still open. */
export type UniqueThing = 'trip' | 'traveler' | 'live_attempt';

/** A request that can't be fulfilled; http maps the kind to a status. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly kind: RefusalKind;
  readonly fields: readonly FieldProblem[];
  /** The other trip that stands in the way. */
  readonly conflictingTripId: string | undefined;
  constructor(
    kind: RefusalKind,
    message: string,
    fields: readonly FieldProblem[] = [],
    options?: { conflictingTripId?: string },
  ) {
    super(message);
    this.kind = kind;
    this.fields = fields;
    this.conflictingTripId = options?.conflictingTripId;
  }
}

/** `stopped`: new bookings are switched off. */
export type RefusalKind = 'invalid' | 'missing' | 'conflict' | 'forbidden' | 'unavailable' | 'stopped';

/** What is wrong with a field, for programs. Codes are added, never renamed. */
export const FIELD_CODES = [
  'required',
  'unknown_field',
  'invalid_type',
  'invalid_format',
  'invalid_value',
  'too_small',
  'too_large',
  'not_storable',
  'unknown_place',
  'same_place',
  'in_the_past',
  'too_far_ahead',
  'before_departure',
  'unknown_currency',
  'wrong_currency',
  'not_chargeable',
  'not_yours',
  'duplicate',
  'no_adult',
  'too_many_infants',
  'card_refused',
  'used_before',
  'does_not_fit',
  'contradictory',
  'impossible',
] as const;

export interface FieldProblem {
  /** Dotted path in the request, such as `maxPrice.amount`. */
  field: string;
  code: (typeof FIELD_CODES)[number];
  message: string;
}

/** The code of any error, for a column or a tag. */
export function codeOf(error: unknown): string {
  if (error instanceof Retryable || error instanceof Permanent || error instanceof OutcomeUnknown)
    return error.code;
  if (error instanceof StorageUnavailable) return error.code;
  return error instanceof Error ? error.name : 'unknown';
}
