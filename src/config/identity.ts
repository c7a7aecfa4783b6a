import type { IdentitySettings } from '../ports/identity.ts';

/** The variables of the identity provider. */
export interface IdentityVariables {
  readonly AUTH_ISSUER: string;
  readonly AUTH_JWKS_URL?: string | undefined;
  readonly AUTH_HS256_SECRET?: string | undefined;
  readonly AUTH_AUDIENCE?: string | undefined;
  readonly AUTH_AUTHORIZED_PARTIES?: string | undefined;
  readonly AUTH_ROLES_CLAIM?: string | undefined;
  readonly AUTH_EMAIL_CLAIM?: string | undefined;
}

/**
 * Claims that the user writes. Sources: Supabase, "Users" (user_metadata can be updated by the user); Clerk, "User metadata"
 * (unsafe metadata is set from the frontend).
 */
const WRITTEN_BY_USERS = ['user_metadata', 'unsafe_metadata'];

/** The variables in the verifier's terms. */
export const identitySettings = (given: IdentityVariables): IdentitySettings => ({
  issuer: given.AUTH_ISSUER,
  jwksUrl: given.AUTH_JWKS_URL,
  sharedSecret: given.AUTH_HS256_SECRET,
  audience: given.AUTH_AUDIENCE,
  authorizedParties: listOf(given.AUTH_AUTHORIZED_PARTIES),
  rolesClaim: given.AUTH_ROLES_CLAIM ?? 'roles',
  emailClaim: given.AUTH_EMAIL_CLAIM ?? 'email',
});

/** What is wrong between the variables, one line each, without values. */
export function identityProblems(given: NodeJS.ProcessEnv): string[] {
  const problems: string[] = [];
  if (!given.AUTH_JWKS_URL && !given.AUTH_HS256_SECRET) problems.push('AUTH_JWKS_URL is missing');
  if (!given.AUTH_AUDIENCE && !given.AUTH_AUTHORIZED_PARTIES)
    problems.push(
      "AUTH_AUDIENCE is missing; for tokens without an audience, such as Clerk's, set AUTH_AUTHORIZED_PARTIES",
    );
  // A token's azp is an origin as browsers state it, or a client id.
  if (
    listOf(given.AUTH_AUTHORIZED_PARTIES).some((party) => isWebUrl(party) && new URL(party).origin !== party)
  )
    problems.push('AUTH_AUTHORIZED_PARTIES must be origins without a path, such as https://app.example');
  const roots = [given.AUTH_ROLES_CLAIM, given.AUTH_EMAIL_CLAIM].map((claim) => claim?.split('.')[0] ?? '');
  if (WRITTEN_BY_USERS.includes(roots[0] as string))
    problems.push('AUTH_ROLES_CLAIM must not be a claim that users write themselves');
  if (WRITTEN_BY_USERS.includes(roots[1] as string))
    problems.push('AUTH_EMAIL_CLAIM must not be a claim that users write themselves');
  return problems;
}

const listOf = (text = ''): string[] =>
  text
    .split(',')
    .map((one) => one.trim())
    .filter(Boolean);

const isWebUrl = (text: string): boolean => /^https?:/i.test(text) && URL.canParse(text);
