import type { Config } from '../config.ts';
import { checkPostgres } from '../db/check.ts';
import type { Role } from '../db/client/index.ts';
import type { ServerTrouble } from '../ports/server-trouble.ts';
import { checkRedis } from '../redis/check.ts';

/** What is wrong with the Postgres and the Redis that the environment names, one line each. @param role null for the release step */
export async function checkServers(
  config: Pick<
    Config,
    'DATABASE_URL' | 'DATABASE_POOLER' | 'DATABASE_OWNER_URL' | 'REDIS_URL' | 'REDIS_TLS_VERIFY'
  >,
  role: Role | null,
): Promise<ServerTrouble[]> {
  const found = await Promise.all([
    role
      ? checkPostgres(config.DATABASE_URL, role, { pooled: config.DATABASE_POOLER === 'transaction' })
      : checkPostgres(config.DATABASE_OWNER_URL ?? config.DATABASE_URL, null),
    checkRedis(config.REDIS_URL, { verifyTls: config.REDIS_TLS_VERIFY }),
  ]);
  return found.filter((trouble) => trouble !== null);
}
