import cors from 'cors';
import type { RequestHandler } from 'express';

/** What pages of other origins may read of an answer, besides its body. */
const EXPOSED = ['X-Correlation-Id', 'Location', 'Retry-After', 'RateLimit', 'RateLimit-Policy', 'Allow'];
/** For how long browsers need not ask again, in seconds. */
const PREFLIGHT_S = 600;

/** Lets pages of these origins call the API. It stands before what refuses: without its headers a page could not read why. */
export function crossOrigin(origins: readonly string[]): RequestHandler {
  const allow = cors({
    origin: [...origins],
    methods: ['GET', 'HEAD', 'POST', 'PATCH', 'DELETE'],
    exposedHeaders: EXPOSED,
    maxAge: PREFLIGHT_S,
  });
  return (req, res, next) => {
    // OPTIONS that asks for no permission is answered by its path.
    const isPlain = req.method === 'OPTIONS' && req.get('access-control-request-method') === undefined;
    if (isPlain) next();
    else allow(req, res, next);
  };
}
