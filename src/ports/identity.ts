/** The roles of ops people, as their token's claim `roles` names them. */
export const OPS_ROLES = ['viewer', 'operator', 'admin'] as const;
/** What ops people may do. `admin` may do what an operator may. */
export type OpsRole = (typeof OPS_ROLES)[number];

/** The person that a signed token names. */
export interface Identity {
  /** The token's subject: the issuer gives each person one of their own. */
  readonly userId: string;
  readonly roles: readonly OpsRole[];
  readonly email: string | undefined;
  /** When the token ends, and with it whatever it allowed. */
  readonly expiresAt: Date;
}

/**
 * Verifies a token of the configured issuer: its signature, issuer, audience and age.
 * @throws TokenRefused when the token proves nothing; IssuerUnreachable when that can't be known now
 */
export type VerifyToken = (token: string) => Promise<Identity>;

/** The token is forged, expired, or meant for another audience. */
export class TokenRefused extends Error {
  override readonly name = 'TokenRefused';
}

/** The issuer's keys can't be fetched: the token may be valid. */
export class IssuerUnreachable extends Error {
  override readonly name = 'IssuerUnreachable';
}
