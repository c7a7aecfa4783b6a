import type { ErrorRequestHandler, Response } from 'express';
import { z } from 'zod';
import {
  codeOf,
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

/** The body of every error of the API (RFC 9457). It tells the reader what to do, and exposes no internals. */
export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    instance: z.string(),
    errors: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
    conflictingTripId: z
      .uuid()
      .optional()
      .describe('With 409 for a trip that was asked for already: the other trip.'),
  })
  .meta({ id: 'Problem' });

const STATUS: Record<RefusalKind, number> = {
  invalid: 422,
  missing: 404,
  conflict: 409,
  forbidden: 403,
  unavailable: 503,
};

const TITLES: Record<number, string> = {
  400: 'Unreadable request',
  401: 'Not signed in',
  403: 'Not allowed',
  404: 'Not found',
  405: 'Method not allowed',
  409: 'Conflict',
  413: 'Too large',
  415: 'Unsupported media type',
  422: 'Invalid request',
  429: 'Too many requests',
  500: 'Something went wrong on our side',
  503: 'Not available right now',
};

/** An error of HTTP itself, which no use-case knows: authentication, idempotency, the shape of a request. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly status: number;
  readonly fields: readonly FieldProblem[];
  constructor(status: number, detail: string, fields: readonly FieldProblem[] = []) {
    super(detail);
    this.status = status;
    this.fields = fields;
  }
}

/** What is not available now is asked for again after this many seconds, unless something better is known. */
const RETRY_AFTER_S = '5';

export function sendProblem(
  res: Response,
  status: number,
  detail: string,
  fields: readonly FieldProblem[] = [],
  more: { readonly conflictingTripId?: string } = {},
): void {
  if (status === 401) res.set('WWW-Authenticate', 'Bearer');
  if (status === 503 && !res.get('Retry-After')) res.set('Retry-After', RETRY_AFTER_S);
  res
    .status(status)
    .type('application/problem+json')
    .send(
      JSON.stringify({
        type: 'about:blank',
        title: TITLES[status] ?? 'Error',
        status,
        detail,
        instance: `urn:correlation:${correlationId() ?? 'none'}`,
        ...(fields.length && { errors: fields }),
        ...more,
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
    if (error instanceof HttpError) return sendProblem(res, error.status, error.message, error.fields);
    if (error instanceof Refused) {
      const { kind, message, fields, conflictingTripId } = error;
      return sendProblem(res, STATUS[kind], message, fields, conflictingTripId ? { conflictingTripId } : {});
    }
    if (error instanceof Retryable || error instanceof OutcomeUnknown) {
      deps.log.warn({ code: codeOf(error) }, 'a vendor did not answer');
      return sendProblem(
        res,
        503,
        'A service we depend on does not answer. Nothing was changed; try again in a moment.',
      );
    }
    if (error instanceof StorageUnavailable) {
      deps.log.warn({ err: error }, 'storage does not answer');
      return sendProblem(res, 503, req.method === 'GET' ? STORAGE_LOST : `${STORAGE_LOST} ${REPEAT_SAFELY}`);
    }
    const parsing = bodyProblem(error);
    if (parsing) return sendProblem(res, parsing.status, parsing.detail, parsing.fields);
    deps.log.error({ err: error }, error instanceof Permanent ? 'a vendor refused' : 'unexpected error');
    deps.report(error);
    sendProblem(res, 500, 'Internal error. Include `instance` when you contact support.');
  };
}

/** The problem behind an error of express.json(). */
function bodyProblem(
  error: unknown,
): { status: number; detail: string; fields?: FieldProblem[] } | undefined {
  const { type, status } = error as { type?: string; status?: number };
  if (type === 'entity.parse.failed')
    return {
      status: 400,
      detail: 'The body is not JSON.',
      fields: [{ field: 'body', message: 'must be JSON' }],
    };
  if (type === 'entity.too.large')
    return {
      status: 413,
      detail: 'The body is too large.',
      fields: [{ field: 'body', message: 'must be under 100 kB' }],
    };
  if (status && status >= 400 && status < 500)
    return {
      status: status === 415 ? 415 : 400,
      detail: 'The request can not be read.',
      fields: [{ field: 'body', message: 'can not be read' }],
    };
  return undefined;
}
