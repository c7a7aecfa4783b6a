import { checkPostgres } from '../../src/db/check.ts';
import { checkRedis } from '../../src/redis/check.ts';

/**
 * Asks the servers that DATABASE_URL and REDIS_URL name, where they are set, before anything is started.
 * @throws an Error that says what is wrong, one line each
 */
export async function checkServers({
  DATABASE_URL,
  REDIS_URL,
  REDIS_TLS_VERIFY,
}: NodeJS.ProcessEnv): Promise<void> {
  const found = await Promise.all([
    DATABASE_URL ? checkPostgres(DATABASE_URL, null) : null,
    REDIS_URL ? checkRedis(REDIS_URL, { verifyTls: REDIS_TLS_VERIFY !== 'false' }) : null,
  ]);
  const lines = found.flatMap((trouble) => trouble?.line ?? []);
  if (lines.length) throw new Error(lines.join('\n'));
}
