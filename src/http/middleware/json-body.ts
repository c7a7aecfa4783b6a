import express, { type RequestHandler } from 'express';
import { HttpError } from '../problem.ts';

/** Larger than any valid request, far smaller than what would cost memory. */
const MAX_BODY = '100kb';
const JSON_TYPES = ['application/json', 'application/merge-patch+json'];

/** A body of another type is refused: it would not be parsed, and each of its fields be missing. @throws HttpError 415 */
const onlyJson: RequestHandler = (req, _res, next) => {
  const isEmpty = req.get('transfer-encoding') === undefined && Number(req.get('content-length') ?? 0) === 0;
  if (isEmpty || req.is(JSON_TYPES)) return next();
  throw new HttpError(
    'unsupported_media_type',
    'Send the body as JSON, with Content-Type: application/json.',
    [{ field: 'Content-Type', code: 'invalid_value', message: 'must be application/json' }],
  );
};

/** Parses the body of a request that changes something. */
export const jsonBody: readonly RequestHandler[] = [
  onlyJson,
  express.json({ limit: MAX_BODY, strict: true, type: JSON_TYPES }),
];
