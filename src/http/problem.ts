import type { ErrorRequestHandler, Response } from 'express';
import { z } from 'zod';
import {
  codeOf,
  FIELD_CODES,
  type FieldProblem,
  OutcomeUnknown,
  Permanent,
  type RefusalKind,
  Refused,
  Retryable,
  StorageUnavailable,
} from '../errors.ts';
import type { Logger } from '../ports/log.ts';
import { correlationId } from '../telemetry/correlation.ts';
import type { ReportError } from '../telemetry/sentry.ts';
import { BOARD } from './board.ts';
import { PROBLEM_CODES, PROBLEM_TYPES, type ProblemCode } from './problem-types.ts';

/** The body of every error of the API (RFC 9457). It tells the reader what to do, and exposes no internals. */
export const problemSchema = z
  .object({
    type: z.url().describe('The page about this type of problem.'),
    code: z.enum(PROBLEM_CODES).describe('The type of problem, for programs.'),
    title: z.string(),
    status: z.int(),
    detail: z.string().describe('What is wrong with this request, and what to do, for people.'),
    instance: z.string().describe('Names this one answer in our logs.'),
    errors: z
      .array(
        z.object({
          field: z.string().describe('Dotted path in the request, such as `maxPrice.amount`.'),
          code: z.enum(FIELD_CODES),
          message: z.string(),
        }),
      )
      .optional(),
    conflictingTripId: z
      .uuid()
      .optional()
      .describe('With 409 for a trip that was asked for already: the other trip.'),
  })
  .meta({
    id: 'Problem',
    example: {
      type: 'https://parker.example/problems/invalid_request',
      code: 'invalid_request',
      title: 'Invalid request',
      status: 422,
      detail: 'Some fields are not valid.',
      instance: 'urn:correlation:0d6b3c1e-8f0e-4c3f-9d51-5f2f4a1f7c11',
      errors: [{ field: 'departureDate', code: 'in_the_past', message: 'is in the past' }],
    },
  });

const CODES: Record<RefusalKind, ProblemCode> = {
  invalid: 'invalid_request',
  missing: 'not_found',
  conflict: 'conflict',
  forbidden: 'forbidden',
  unavailable: 'unavailable',
  stopped: 'bookings_stopped',
};

/** When to try again, in seconds, where nobody knows better. People switch bookings on again: that takes minutes. */
const RETRY_AFTER_S: Partial<Record<ProblemCode, number>> = {
  too_many_requests: 5,
  unavailable: 5,
  bookings_stopped: 60,
};

/** An error of HTTP itself, which no use-case knows: authentication, idempotency, the shape of a request. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly code: ProblemCode;
  readonly fields: readonly FieldProblem[];
  constructor(code: ProblemCode, detail: string, fields: readonly FieldProblem[] = []) {
    super(detail);
    this.code = code;
    this.fields = fields;
  }

  get status(): number {
    return PROBLEM_TYPES[this.code].status;
  }
}

/** The setting of the Express app that holds the address of the pages about problems. */
export const PROBLEM_PAGES = 'problem pages';

export function sendProblem(
  res: Response,
  code: ProblemCode,
  detail: string,
  fields: readonly FieldProblem[] = [],
  more: { readonly conflictingTripId?: string } = {},
): void {
  const { status, title } = PROBLEM_TYPES[code];
  const wait = RETRY_AFTER_S[code];
  if (status === 401) res.set('WWW-Authenticate', 'Bearer');
  if (wait !== undefined && !res.get('Retry-After')) res.set('Retry-After', String(wait));
  res
    .status(status)
    .type('application/problem+json')
    .send(
      JSON.stringify({
        type: `${res.app.get(PROBLEM_PAGES)}/${code}`,
        code,
        title,
        status,
        detail,
        instance: `urn:correlation:${correlationId() ?? 'none'}`,
        ...(fields.length && { errors: fields }),
        ...more,
        // Bull Board shows a refusal only where the body has `error`: without it a refused action looks done.
        ...(res.req.originalUrl.startsWith(`${BOARD}/`) && { error: title, message: detail }),
      }),
    );
}

const STORAGE_LOST = 'The database does not answer. Try again in a moment.';
/** A transaction that was committing may have been committed. */
const REPEAT_SAFELY =
  'The request may have taken effect: repeat it with the same Idempotency-Key, or read before you send it anew.';

/** Turns whatever was thrown into a problem. An unexpected error is a 500, and is logged and reported. */
export function problemHandler(deps: { log: Logger; report: ReportError }): ErrorRequestHandler {
  return (error: unknown, req, res, next) => {
    if (res.headersSent) return next(error);
    if (error instanceof HttpError) return sendProblem(res, error.code, error.message, error.fields);
    if (error instanceof Refused) {
      const { kind, message, fields, conflictingTripId } = error;
      if (!conflictingTripId) return sendProblem(res, CODES[kind], message, fields);
      return sendProblem(res, 'duplicate_trip', message, fields, { conflictingTripId });
    }
    if (error instanceof Retryable || error instanceof OutcomeUnknown) {
      deps.log.warn({ code: codeOf(error) }, 'a vendor did not answer');
      return sendProblem(
        res,
        'unavailable',
        'A service we depend on does not answer. Nothing was changed; try again in a moment.',
      );
    }
    if (error instanceof StorageUnavailable) {
      deps.log.warn({ err: error }, 'storage does not answer');
      return sendProblem(
        res,
        'unavailable',
        req.method === 'GET' ? STORAGE_LOST : `${STORAGE_LOST} ${REPEAT_SAFELY}`,
      );
    }
    const parsing = bodyProblem(error);
    if (parsing) return sendProblem(res, parsing.code, parsing.message, parsing.fields);
    deps.log.error({ err: error }, error instanceof Permanent ? 'a vendor refused' : 'unexpected error');
    deps.report(error);
    sendProblem(res, 'internal', 'Internal error. Include `instance` when you contact support.');
  };
}

/** The problem behind an error of express.json(). */
function bodyProblem(error: unknown): HttpError | undefined {
  const { type, status } = error as { type?: string; status?: number };
  const body = (code: FieldProblem['code'], message: string) => [{ field: 'body', code, message }];
  if (type === 'entity.parse.failed')
    return new HttpError(
      'unreadable_request',
      'The body is not JSON.',
      body('invalid_format', 'must be JSON'),
    );
  if (type === 'entity.too.large')
    return new HttpError('too_large', 'The body is too large.', body('too_large', 'must be under 100 kB'));
  if (status && status >= 400 && status < 500)
    return new HttpError(
      status === 415 ? 'unsupported_media_type' : 'unreadable_request',
      'The request can not be read.',
      body('invalid_format', 'can not be read'),
    );
  return undefined;
}
