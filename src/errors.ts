/**
 * How work fails, from the point of view of whoever must decide what to do next.
 * Messages are for logs and ops: they never carry PII, and never a vendor's free text.
 */

/** It did not happen, and trying again may help. */
export class Retryable extends Error {
  override readonly name = 'Retryable';
  readonly code: string;
  /** Milliseconds to wait at least, when somebody said so (a Retry-After, a rate limit's reset). */
  readonly retryAfterMs: number | undefined;
  constructor(code: string, message: string, options?: { retryAfterMs?: number; cause?: unknown }) {
    super(message, { cause: options?.cause });
    this.code = code;
    this.retryAfterMs = options?.retryAfterMs;
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

/** It may or may not have happened: look, never repeat. */
export class OutcomeUnknown extends Error {
  override readonly name = 'OutcomeUnknown';
  readonly code: string;
  constructor(code: string, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** Another worker claimed the attempt since: this one's writes no longer count, and it must stop at once. */
export class Fenced extends Error {
  override readonly name = 'Fenced';
}

/** What a request asks for can't be done; http turns the kind into a status. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly kind: RefusalKind;
  readonly fields: readonly FieldProblem[];
  constructor(kind: RefusalKind, message: string, fields: readonly FieldProblem[] = []) {
    super(message);
    this.kind = kind;
    this.fields = fields;
  }
}

export type RefusalKind = 'invalid' | 'missing' | 'conflict' | 'forbidden' | 'unavailable';

export interface FieldProblem {
  /** Dotted path in the request, such as `maxPrice.amount`. */
  field: string;
  message: string;
}

/** The code of any thrown thing, for a column or a tag. */
export function codeOf(error: unknown): string {
  if (error instanceof Retryable || error instanceof Permanent || error instanceof OutcomeUnknown)
    return error.code;
  return error instanceof Error ? error.name : 'unknown';
}
