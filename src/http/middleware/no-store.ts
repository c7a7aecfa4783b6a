import type { RequestHandler } from 'express';

/** What is about one person, or about this moment, is kept by no cache: not by the browser's, nor by one in between. */
export const noStore: RequestHandler = (_req, res, next) => {
  res.set('Cache-Control', 'no-store');
  next();
};
