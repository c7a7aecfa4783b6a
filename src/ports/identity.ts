/** The roles of ops people, as their token's roles claim names them. */
export const OPS_ROLES = ['viewer', 'operator', 'admin'] as const;
/** What ops people may do. `admin` may do what an operator may. */
export type OpsRole = (typeof OPS_ROLES)[number];

/** The person that a signed token names. */
export interface Identity {
  /** The token's subject: the issuer gives each person one of their own. */
  readonly userId: string;
  readonly roles: readonly OpsRole[];
  /** Undefined when the token has none, or says that it is not verified. */
  readonly email: string | undefined;
  /** When the token was issued, never after now. The epoch for a token that does not say. */
  readonly issuedAt: Date;
  /** When the token ends, and with it whatever it allowed. */
  readonly expiresAt: Date;
}

/** Which tokens are believed, and where their claims stand. docs/identity.md has the settings of each provider. */
export interface IdentitySettings {
  readonly issuer: string;
  /** Where the issuer publishes its keys; undefined when all tokens are signed with the shared secret. */
  readonly jwksUrl: string | undefined;
  /** Verifies tokens signed with HS256; undefined, they are refused. */
  readonly sharedSecret: string | undefined;
  readonly audience: string | undefined;
  /** The `azp` of tokens that are taken. They need no audience. Empty, `azp` is not looked at. */
  readonly authorizedParties: readonly string[];
  /** The name of a claim, or a path with dots to one inside another. */
  readonly rolesClaim: string;
  /** Likewise; whether it is verified stands beside it, under the same name with `_verified`. */
  readonly emailClaim: string;
}

/**
 * Verifies a token of the configured issuer: its signature, issuer, audience and age.
 * @throws TokenRefused when the token proves nothing; IssuerUnreachable when that can't be known now
 */
export type VerifyToken = (token: string) => Promise<Identity>;

/** The token is forged, expired, or meant for another audience; the message says which, without the token's contents. */
export class TokenRefused extends Error {
  override readonly name = 'TokenRefused';
}

/** The issuer's keys can't be fetched: the token may be valid. */
export class IssuerUnreachable extends Error {
  override readonly name = 'IssuerUnreachable';
}
