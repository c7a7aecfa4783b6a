import type { Request } from 'express';
import { createRemoteJWKSet, errors, jwtVerify } from 'jose';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { HttpError } from '../problem.ts';

export type OpsRole = 'viewer' | 'operator' | 'admin';

/** Who is asking, as their signed token says. */
export interface Identity {
  readonly userId: string;
  readonly roles: readonly OpsRole[];
  readonly email: string | undefined;
}

const claims = z.object({
  sub: z.string().min(1).max(255),
  email: z.email().optional().catch(undefined),
  roles: z
    .array(z.string())
    .catch([])
    .transform((roles) =>
      roles.filter((role): role is OpsRole => ['viewer', 'operator', 'admin'].includes(role)),
    ),
});

export type Authenticate = (req: Request) => Promise<Identity>;

/** The cookie in which a browser keeps the token for the ops pages. */
export const OPS_COOKIE = 'parker_ops';

/** How long a token is believed once it was verified; the issuer's keys are kept for longer than that. */
const BELIEVED_MS = 60_000;
const BELIEVED_TOKENS = 10_000;

/**
 * Verifies the bearer token against the issuer's published keys; works with any OpenID Connect issuer.
 * @throws HttpError 401 without a valid token, 503 when the issuer's keys can't be fetched
 */
export function createAuthenticate(options: {
  issuer: string;
  jwksUrl: string;
  audience: string;
}): Authenticate {
  const keys = createRemoteJWKSet(new URL(options.jwksUrl));
  const believed = new LRUCache<string, Identity>({ max: BELIEVED_TOKENS, ttl: BELIEVED_MS });
  return async (req) => {
    const token = bearer(req);
    if (!token) throw new HttpError(401, 'Send a bearer token in the Authorization header.');
    const known = believed.get(token);
    if (known) return known;
    try {
      const { payload } = await jwtVerify(token, keys, {
        issuer: options.issuer,
        audience: options.audience,
        algorithms: ['RS256', 'ES256', 'PS256', 'EdDSA'],
        requiredClaims: ['sub', 'exp'],
      });
      const { sub, roles, email } = claims.parse(payload);
      const identity = { userId: sub, roles, email };
      const lifeMs = (payload.exp as number) * 1_000 - Date.now();
      if (lifeMs > 0) believed.set(token, identity, { ttl: Math.min(lifeMs, BELIEVED_MS) });
      return identity;
    } catch (error) {
      const unreachable =
        error instanceof errors.JWKSTimeout ||
        !(error instanceof errors.JOSEError || error instanceof z.ZodError);
      if (unreachable)
        throw new HttpError(503, 'The sign-in service does not answer. Try again in a moment.');
      throw new HttpError(401, 'The token is not valid, or has expired.');
    }
  };
}

function bearer(req: Request): string | undefined {
  const header = /^Bearer ([A-Za-z0-9._~+/=-]+)$/.exec(req.get('authorization') ?? '')?.[1];
  return header ?? cookie(req, OPS_COOKIE);
}

/** Cookies count on ops pages only: the API proper is called with a header, which no other site can make a browser send. */
function cookie(req: Request, name: string): string | undefined {
  if (!req.originalUrl.startsWith('/admin/')) return undefined;
  const pairs = (req.get('cookie') ?? '').split(';').map((pair) => pair.trim().split('='));
  return pairs.find(([key]) => key === name)?.[1];
}
