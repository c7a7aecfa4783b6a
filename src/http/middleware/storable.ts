import type { RequestHandler } from 'express';
import { HttpError } from '../problem.ts';

/** Requests nest four levels deep, and a consent is a record of its app. Postgres and JSON.stringify fail at some thousands. */
const MAX_DEPTH = 20;

/**
 * Whether Postgres stores the text as it is: it has no NUL, and half a surrogate pair is no text in UTF-8. Half a pair would be
 * stored as another character, so that two texts became one.
 */
export const isStorable = (text: string): boolean => !text.includes('\0') && text.isWellFormed();

/** Refuses a body that no column can hold, whatever its encoding was: 422 that names the field. */
export const refuseUnstorable: RequestHandler = (req, _res, next) => {
  const waiting = [{ value: req.body as unknown, path: [] as string[] }];
  for (let one = waiting.pop(); one; one = waiting.pop()) {
    const { value, path } = one;
    if (typeof value === 'string' && !isStorable(value)) throw unstorable(path, TEXT);
    if (typeof value !== 'object' || value === null) continue;
    if (path.length >= MAX_DEPTH) throw unstorable(path.slice(0, 1), 'is nested too deep');
    for (const [key, part] of Object.entries(value)) {
      if (!isStorable(key)) throw unstorable(path, TEXT);
      waiting.push({ value: part, path: [...path, key] });
    }
  }
  next();
};

const TEXT = 'must not contain NUL or half a surrogate pair';

const unstorable = (path: readonly string[], message: string): HttpError =>
  new HttpError('invalid_request', 'The body holds something that can not be stored.', [
    { field: path.join('.') || 'body', code: 'not_storable', message },
  ]);
