import type { JWTPayload } from 'jose';
import { z } from 'zod';
import {
  type Identity,
  type IdentitySettings,
  OPS_ROLES,
  type OpsRole,
  TokenRefused,
} from '../../ports/identity.ts';

// It becomes part of keys and log lines. Postgres stores neither NUL nor half a surrogate pair.
const subject = z.string().regex(/^[^\p{Cc}\p{Cs}]{1,255}$/u);
const address = z.email();
/** The last instant that a Date can hold: a token may claim to last longer. */
const LATEST_MS = 8.64e15;

/** The person that a verified token's claims name. @throws TokenRefused for one that is meant for others, or names nobody */
export function identityOf(claims: JWTPayload, settings: IdentitySettings): Identity {
  checkAddressee(claims, settings);
  // Clerk signs such tokens before the sign-in is complete. Source: Clerk, "Manual JWT verification", claim `sts`.
  if (claims.sts === 'pending') throw refused('its session is pending: the sign-in is not complete');
  const sub = subject.safeParse(claims.sub);
  if (!sub.success) throw refused('its subject (sub) is not usable');
  return {
    userId: sub.data,
    roles: rolesIn(claimAt(claims, settings.rolesClaim)),
    email: emailIn(claims, settings.emailClaim),
    issuedAt: new Date(Math.min(Math.max((claims.iat ?? 0) * 1_000, 0), Date.now())),
    expiresAt: new Date(Math.min((claims.exp as number) * 1_000, LATEST_MS)),
  };
}

/**
 * A token is for us when its audience says so, or, without an audience, its authorized party. Sources: RFC 7519, section 4.1.3
 * (an audience that does not name us must be refused); Clerk, "Session tokens" (`azp` stands for the app, and there is no `aud`).
 */
function checkAddressee({ aud, azp }: JWTPayload, { audience, authorizedParties }: IdentitySettings): void {
  const isOurs = typeof azp === 'string' && authorizedParties.includes(azp);
  if (azp !== undefined && authorizedParties.length && !isOurs)
    throw refused('its authorized party (azp) is not one that this API takes');
  if (aud !== undefined) {
    if (audience === undefined || ![aud].flat().includes(audience))
      throw refused('its audience (aud) is not this API');
  } else if (!isOurs)
    throw refused(
      authorizedParties.length
        ? 'it names neither an audience (aud) nor an authorized party (azp)'
        : 'it has no audience (aud)',
    );
}

/** One role, or several. Roles of other programs are none of ours. */
const rolesIn = (claim: unknown): OpsRole[] =>
  [claim].flat().filter((role): role is OpsRole => (OPS_ROLES as readonly unknown[]).includes(role));

/** Undefined for an address that the token says is not verified: it may be a stranger's. */
function emailIn(claims: JWTPayload, path: string): string | undefined {
  const verified = claimAt(claims, `${path}_verified`);
  const isTaken = verified === undefined || verified === true || verified === 'true';
  return isTaken ? address.safeParse(claimAt(claims, path)).data : undefined;
}

/** The claim of this name, which may have dots as `https://app.example/roles` does; else the one inside others at this path. */
function claimAt(claims: JWTPayload, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path];
  return path.split('.').reduce<unknown>((inside, name) => {
    const isObject = typeof inside === 'object' && inside !== null && Object.hasOwn(inside, name);
    return isObject ? (inside as Record<string, unknown>)[name] : undefined;
  }, claims);
}

const refused = (why: string): TokenRefused => new TokenRefused(`the token is not valid: ${why}`);
