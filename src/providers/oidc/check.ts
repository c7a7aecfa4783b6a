import type { ServerTrouble } from '../../ports/server-trouble.ts';

const ANSWER_TIMEOUT_MS = 5_000;

/**
 * Asks AUTH_JWKS_URL for the issuer's keys. @returns null when all is well
 * @param hasSecret whether tokens may be signed with a shared secret instead, of which nothing is published
 */
export async function checkIssuer(jwksUrl: string, hasSecret: boolean): Promise<ServerTrouble | null> {
  const { host } = new URL(jwksUrl);
  let response: Response;
  try {
    response = await fetch(jwksUrl, { redirect: 'manual', signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
  } catch (error) {
    const { cause, name } = error as { cause?: { code?: string }; name: string };
    return passing(`${host} does not answer (${cause?.code ?? name})`);
  }
  const { status } = response;
  if (status >= 500 || status === 429) return passing(`${host} answers ${status}`);
  if (status !== 200)
    return lasting(
      `${host} answers ${status} instead of a key set; docs/identity.md has each provider's address`,
    );
  const keys = await keysIn(response);
  if (!keys)
    return lasting(`what ${host} answers is no key set; docs/identity.md has each provider's address`);
  if (keys.length || hasSecret) return null;
  return lasting(
    `${host} publishes no keys; a Supabase project that signs with its legacy secret needs AUTH_HS256_SECRET`,
  );
}

async function keysIn(response: Response): Promise<unknown[] | null> {
  try {
    const body = (await response.json()) as { keys?: unknown } | null;
    return Array.isArray(body?.keys) ? body.keys : null;
  } catch {
    return null;
  }
}

const lasting = (what: string): ServerTrouble => ({ line: `AUTH_JWKS_URL: ${what}`, passing: false });
const passing = (what: string): ServerTrouble => ({ line: `AUTH_JWKS_URL: ${what}`, passing: true });
