import type { Config } from '../config.ts';
import { checkPostgres } from '../db/check.ts';
import type { Role } from '../db/client/index.ts';
import type { ServerTrouble } from '../ports/server-trouble.ts';
import { checkIssuer } from '../providers/oidc/check.ts';
import { checkRedis } from '../redis/check.ts';

/** What is wrong with the Postgres, the Redis and, for web, the issuer that the environment names, one line each. @param role null for the release step */
export async function checkServers(
  config: Pick<
    Config,
    | 'DATABASE_URL'
    | 'DATABASE_POOLER'
    | 'DATABASE_OWNER_URL'
    | 'REDIS_URL'
    | 'REDIS_TLS_VERIFY'
    | 'AUTH_JWKS_URL'
    | 'AUTH_HS256_SECRET'
  >,
  role: Role | null,
): Promise<ServerTrouble[]> {
  const found = await Promise.all([
    role
      ? checkPostgres(config.DATABASE_URL, role, { pooled: config.DATABASE_POOLER === 'transaction' })
      : checkPostgres(config.DATABASE_OWNER_URL ?? config.DATABASE_URL, null),
    checkRedis(config.REDIS_URL, { verifyTls: config.REDIS_TLS_VERIFY }),
    role === 'parker_api' && config.AUTH_JWKS_URL
      ? checkIssuer(config.AUTH_JWKS_URL, config.AUTH_HS256_SECRET !== undefined)
      : null,
  ]);
  return found.filter((trouble) => trouble !== null);
}
