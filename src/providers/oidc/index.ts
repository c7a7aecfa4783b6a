import { errors, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { LRUCache } from 'lru-cache';
import {
  type Identity,
  type IdentitySettings,
  IssuerUnreachable,
  TokenRefused,
  type VerifyToken,
} from '../../ports/identity.ts';
import { identityOf } from './claims.ts';
import { createPublishedKeys, KEY_TIMES, type KeyTimes } from './keys.ts';

/** How long a verified token is cached. */
const CACHED_MS = 60_000;
const MAX_CACHED_TOKENS = 10_000;
/** Algorithms of keys that are published. HS256 is taken with a shared secret alone. */
const PUBLISHED_ALGORITHMS = ['RS256', 'ES256', 'PS256', 'EdDSA'];
/**
 * Two machines' clocks differ by this much, in seconds: a token may be seen this long before it is valid. Source: Clerk, "JWT
 * templates: Token allowed clock skew".
 */
const CLOCK_SKEW_S = 5;

/** Verifies tokens against the issuer's keys; works with any OpenID Connect issuer. */
export function createTokenVerifier(settings: IdentitySettings, times: KeyTimes = KEY_TIMES): VerifyToken {
  const keyOf = keysOf(settings, times);
  const { issuer, sharedSecret } = settings;
  const algorithms = [...PUBLISHED_ALGORITHMS, ...(sharedSecret === undefined ? [] : ['HS256'])];
  const verified = new LRUCache<string, Identity>({ max: MAX_CACHED_TOKENS, ttl: CACHED_MS });
  return async (token) => {
    const known = verified.get(token);
    if (known) return known;
    const identity = await verify(token);
    const lifeMs = identity.expiresAt.getTime() - Date.now();
    // The skew is for tokens that are young. One that has ended has ended.
    if (lifeMs <= 0) throw new TokenRefused('the token has expired');
    verified.set(token, identity, { ttl: Math.min(lifeMs, CACHED_MS) });
    return identity;
  };

  async function verify(token: string): Promise<Identity> {
    try {
      const { payload } = await jwtVerify(token, keyOf, {
        issuer,
        algorithms,
        requiredClaims: ['sub', 'exp'],
        clockTolerance: CLOCK_SKEW_S,
      });
      return identityOf(payload, settings);
    } catch (error) {
      if (error instanceof TokenRefused || error instanceof IssuerUnreachable) throw error;
      throw new TokenRefused(wordsFor(error), { cause: error });
    }
  }
}

function keysOf({ jwksUrl, sharedSecret }: IdentitySettings, times: KeyTimes): JWTVerifyGetKey {
  const published = jwksUrl === undefined ? undefined : createPublishedKeys(jwksUrl, times);
  // Supabase signs with the bytes of the text, though it looks like base64.
  const secret = sharedSecret === undefined ? undefined : new TextEncoder().encode(sharedSecret);
  return async (header, token) => {
    // The algorithm chooses the kind of key, so that a published key is never taken for the secret.
    if (header.alg === 'HS256' && secret) return secret;
    if (!published) throw new TokenRefused('the token is not valid: it is not signed with the shared secret');
    return published(header, token);
  };
}

/** Why jose refused the token, without what it holds. */
function wordsFor(error: unknown): string {
  if (error instanceof errors.JWTExpired) return 'the token has expired';
  const why = error instanceof errors.JWTClaimValidationFailed ? claimWords(error) : reasonWords(error);
  return `the token is not valid${why}`;
}

function claimWords({ claim, reason }: errors.JWTClaimValidationFailed): string {
  if (reason === 'missing') return `: it has no claim \`${claim}\``;
  if (claim === 'iss') return ': its issuer (iss) is not the one that this API trusts';
  if (claim === 'nbf') return ' yet';
  return `: its claim \`${claim}\` is not usable`;
}

function reasonWords(error: unknown): string {
  if (error instanceof errors.JWSSignatureVerificationFailed) return ': its signature does not match';
  if (error instanceof errors.JOSEAlgNotAllowed) return ': its algorithm is not one that this API takes';
  return ': it is not a signed JWT';
}
