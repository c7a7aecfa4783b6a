import type { Request } from 'express';
import { type Identity, IssuerUnreachable, TokenRefused, type VerifyToken } from '../../ports/identity.ts';
import { HttpError } from '../problem.ts';

export type Authenticate = (req: Request) => Promise<Identity>;

/** The cookie that holds the token for the ops pages. */
export const OPS_COOKIE = 'parker_ops';

/**
 * Authenticates a request by its bearer token.
 * @throws HttpError 401 without a valid token, 503 when the issuer's keys can't be fetched
 */
export const createAuthenticate =
  (verifyToken: VerifyToken): Authenticate =>
  async (req) => {
    const token = bearer(req);
    if (!token) throw new HttpError('unauthenticated', 'Send a bearer token in the Authorization header.');
    return authenticateToken(verifyToken, token);
  };

/** @throws HttpError 401 for a token that is not valid, 503 when the issuer's keys can't be fetched */
export async function authenticateToken(verifyToken: VerifyToken, token: string): Promise<Identity> {
  try {
    return await verifyToken(token);
  } catch (error) {
    if (error instanceof TokenRefused) throw new HttpError('unauthenticated', sentence(error.message));
    if (error instanceof IssuerUnreachable)
      throw new HttpError('unavailable', 'The sign-in service does not answer. Try again in a moment.');
    throw error;
  }
}

const sentence = (words: string): string => `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;

function bearer(req: Request): string | undefined {
  const header = /^Bearer ([A-Za-z0-9._~+/=-]+)$/.exec(req.get('authorization') ?? '')?.[1];
  return header ?? cookie(req, OPS_COOKIE);
}

/** Whether the request comes with a session of the ops pages, and with no token of its own. */
export const hasSession = (req: Request): boolean =>
  req.get('authorization') === undefined && cookie(req, OPS_COOKIE) !== undefined;

/** The cookie is read on ops pages alone. The API wants a header, which no other site can make a browser send. */
function cookie(req: Request, name: string): string | undefined {
  if (!req.originalUrl.startsWith('/admin/')) return undefined;
  const pairs = (req.get('cookie') ?? '').split(';').map((pair) => pair.trim().split('='));
  return pairs.find(([key]) => key === name)?.[1];
}
