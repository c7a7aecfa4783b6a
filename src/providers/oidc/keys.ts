import { createRemoteJWKSet, customFetch, errors, type JWTVerifyGetKey } from 'jose';
import { IssuerUnreachable, TokenRefused } from '../../ports/identity.ts';

/** How often the issuer's keys are fetched, in ms. */
export interface KeyTimes {
  /** Keys older than this are fetched again: Supabase asks that they be cached for no longer, so that a key can be revoked. */
  readonly renewMs: number;
  /** An unknown key id makes them fetched again, but not sooner than this: anybody can make one up. */
  readonly cooldownMs: number;
  /** After a failed fetch the issuer is left alone for this long; meanwhile nobody waits for it. */
  readonly retryMs: number;
}

export const KEY_TIMES: KeyTimes = { renewMs: 600_000, cooldownMs: 10_000, retryMs: 5_000 };

/** A key set is a few kilobytes, and mostly answered by a cache near by. */
const FETCH_TIMEOUT_MS = 3_000;

/**
 * The keys that an issuer publishes. A key is trusted for as long as the issuer serves it; those fetched last verify tokens while
 * the issuer is down. Sources: Supabase, "JWT Signing Keys: Public key discovery and caching"; Auth0, "JSON Web Key Sets: Cache".
 * @throws (the function returned) TokenRefused for a key that the issuer does not have, IssuerUnreachable when that can't be known now
 */
export function createPublishedKeys(jwksUrl: string, times: KeyTimes): JWTVerifyGetKey {
  const { renewMs, cooldownMs, retryMs } = times;
  /** Since a fetch failed: when the next may be tried, in ms of the epoch. */
  let retryAt = 0;
  let renewAt = 0;
  const keys = createRemoteJWKSet(new URL(jwksUrl), {
    // We renew the keys ourselves: jose has none while a renewal fails.
    cacheMaxAge: Number.POSITIVE_INFINITY,
    cooldownDuration: cooldownMs,
    timeoutDuration: FETCH_TIMEOUT_MS,
    [customFetch]: async (...call: Parameters<typeof fetch>) => {
      if (Date.now() < retryAt) throw new Error('the issuer did not answer a moment ago');
      try {
        const response = await fetch(...call);
        if (response.status !== 200) throw new Error(`the issuer answered ${response.status}`);
        retryAt = 0;
        return response;
      } catch (error) {
        retryAt = Date.now() + retryMs;
        throw error;
      }
    },
  });
  const renew = async () => {
    if (Date.now() < renewAt) return;
    // Whoever comes meanwhile goes on with the keys that there are.
    renewAt = Date.now() + retryMs;
    await keys.reload();
    renewAt = Date.now() + renewMs;
  };
  return async (header, token) => {
    // Without any keys the fetch below says why.
    const renewing = renew().catch(() => undefined);
    // While the issuer is down nobody waits for it, as the keys that there are go on.
    if (retryAt === 0) await renewing;
    try {
      return await keys(header, token);
    } catch (error) {
      throw (
        refusal(error) ?? new IssuerUnreachable("the issuer's keys could not be fetched", { cause: error })
      );
    }
  };
}

/** The refusal that a missing key means; undefined when the issuer could not be asked. */
function refusal(error: unknown): TokenRefused | undefined {
  const why =
    error instanceof errors.JWKSNoMatchingKey
      ? "the key that signed it (kid) is not one of the issuer's"
      : error instanceof errors.JWKSMultipleMatchingKeys
        ? 'it names no key (kid), and the issuer has several'
        : error instanceof errors.JOSENotSupported
          ? 'its algorithm is not supported'
          : undefined;
  return why === undefined ? undefined : new TokenRefused(`the token is not valid: ${why}`, { cause: error });
}
