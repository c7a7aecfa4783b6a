import { createRemoteJWKSet, errors, jwtVerify } from 'jose';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import {
  type Identity,
  IssuerUnreachable,
  OPS_ROLES,
  type OpsRole,
  TokenRefused,
  type VerifyToken,
} from '../../ports/identity.ts';

const claims = z.object({
  // It becomes part of keys and log lines. Postgres stores neither NUL nor half a surrogate pair.
  sub: z.string().regex(/^[^\p{Cc}\p{Cs}]{1,255}$/u),
  email: z.email().optional().catch(undefined),
  roles: z
    .array(z.string())
    .catch([])
    .transform((roles) =>
      roles.filter((role): role is OpsRole => (OPS_ROLES as readonly string[]).includes(role)),
    ),
});

/** How long a verified token is cached; the issuer's keys are cached for longer. */
const CACHED_MS = 60_000;
/** The last instant that a Date can hold: a token may claim to last longer. */
const LATEST_MS = 8.64e15;
const MAX_CACHED_TOKENS = 10_000;

/** Verifies tokens against the issuer's published keys; works with any OpenID Connect issuer. */
export function createTokenVerifier(options: {
  readonly issuer: string;
  readonly jwksUrl: string;
  readonly audience: string;
}): VerifyToken {
  const keys = createRemoteJWKSet(new URL(options.jwksUrl));
  const verified = new LRUCache<string, Identity>({ max: MAX_CACHED_TOKENS, ttl: CACHED_MS });
  return async (token) => {
    const known = verified.get(token);
    if (known) return known;
    try {
      const { payload } = await jwtVerify(token, keys, {
        issuer: options.issuer,
        audience: options.audience,
        algorithms: ['RS256', 'ES256', 'PS256', 'EdDSA'],
        requiredClaims: ['sub', 'exp'],
      });
      const { sub, roles, email } = claims.parse(payload);
      const endsMs = Math.min((payload.exp as number) * 1_000, LATEST_MS);
      const identity = { userId: sub, roles, email, expiresAt: new Date(endsMs) };
      const lifeMs = endsMs - Date.now();
      if (lifeMs > 0) verified.set(token, identity, { ttl: Math.min(lifeMs, CACHED_MS) });
      return identity;
    } catch (error) {
      const unreachable =
        error instanceof errors.JWKSTimeout ||
        !(error instanceof errors.JOSEError || error instanceof z.ZodError);
      if (unreachable)
        throw new IssuerUnreachable("the issuer's keys could not be fetched", { cause: error });
      throw new TokenRefused('the token is not valid, or has expired', { cause: error });
    }
  };
}
