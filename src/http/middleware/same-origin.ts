import type { Request, RequestHandler } from 'express';
import { HttpError } from '../problem.ts';

/**
 * Refuses what another site made the browser send: everything that a cookie can do passes here. Browsers state where a request
 * comes from in `Sec-Fetch-Site`, over plain HTTP in `Origin` alone. Following a link from elsewhere only reads a page.
 * Source: W3C, "Fetch Metadata Request Headers".
 * @param appUrl our own origin, beside the one that the request names as its host
 */
export const sameOrigin =
  (appUrl: string): RequestHandler =>
  (req, _res, next) => {
    if (!isOwn(req, new URL(appUrl).host))
      throw new HttpError('forbidden', 'This request comes from another site.');
    next();
  };

function isOwn(req: Request, ownHost: string): boolean {
  // No page can make a browser send this header elsewhere without asking first, and nothing here says yes.
  if (req.get('authorization') !== undefined) return true;
  const reading = ['GET', 'HEAD', 'OPTIONS'].includes(req.method);
  const site = req.get('sec-fetch-site');
  if (site === 'same-origin') return true;
  if (site !== undefined) {
    // `document`: a page of its own, as a link opens it, not a part of another.
    return reading && (site === 'none' || req.get('sec-fetch-dest') === 'document');
  }
  const origin = req.get('origin');
  // No browser sends what changes something without saying where it comes from.
  if (origin === undefined) return reading;
  const host = URL.canParse(origin) ? new URL(origin).host : undefined;
  return host !== undefined && (host === req.get('host') || host === ownHost);
}
