import { Redis } from 'ioredis';
import type { ServerTrouble } from '../ports/server-trouble.ts';
import { tlsOptions } from './connections.ts';

/** BullMQ needs the commands of this version. Source: BullMQ, "Going to production". */
const OLDEST_REDIS = [6, 2] as const;
const CONNECT_TIMEOUT_MS = 5_000;

/** Signs in to the first node of REDIS_URL and asks for its version. @returns null when all is well */
export async function checkRedis(
  urls: string,
  options: { verifyTls: boolean },
): Promise<ServerTrouble | null> {
  const [url = ''] = urls.split(',');
  let last: Error | undefined;
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    commandTimeout: CONNECT_TIMEOUT_MS,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
    ...tlsOptions(url, options),
  });
  // Why a connection failed is told to the listener; the command only learns that it is closed.
  redis.on('error', (error) => {
    last ??= error;
  });
  try {
    await redis.connect();
    const said = /^(?:redis|valkey)_version:(\d+)\.(\d+)/m.exec(await redis.info('server'));
    const [major, minor] = [Number(said?.[1] ?? Number.NaN), Number(said?.[2])];
    const [needed, point] = OLDEST_REDIS;
    if (major < needed || (major === needed && minor < point))
      return lasting(`Redis ${major}.${minor} is too old; use version ${OLDEST_REDIS.join('.')} or newer`);
    return null;
  } catch (error) {
    return wordsFor(last ?? (error as Error), url);
  } finally {
    redis.disconnect();
  }
}

const lasting = (what: string): ServerTrouble => ({ line: `REDIS_URL: ${what}`, passing: false });
const passing = (what: string): ServerTrouble => ({ line: `REDIS_URL: ${what}`, passing: true });

function wordsFor(error: Error, url: string): ServerTrouble {
  const { code = '', message } = error as Error & { code?: string };
  const { hostname, port, protocol } = new URL(url);
  const at = `${hostname}:${port || 6379}`;
  if (code === 'ECONNREFUSED')
    return passing(`nothing listens at ${at}; start Redis there, or correct the address`);
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return passing(`the host ${hostname} is not known; correct the address`);
  if (/NOAUTH/.test(message))
    return lasting(`Redis at ${at} wants a password; name it in the URL (${protocol}//:password@host)`);
  if (/WRONGPASS|invalid password|NOPERM/.test(message))
    return lasting(`Redis at ${at} refuses the password; correct it`);
  if (/^(SELF_SIGNED_CERT|DEPTH_ZERO|UNABLE_TO_|CERT_|ERR_TLS_CERT)/.test(code))
    return lasting(
      `the certificate of ${at} is not trusted (${code}); name its authority in NODE_EXTRA_CA_CERTS, or set REDIS_TLS_VERIFY=false`,
    );
  if (code === 'EPROTO' || /^ERR_SSL/.test(code) || /wrong version number/.test(message))
    return lasting(`${at} speaks no TLS; write redis:// instead of rediss://`);
  if (/Protocol error|ParserError|RESP type/i.test(`${error.name} ${message}`))
    return lasting(`what answers at ${at} does not speak as Redis does; correct host and port`);
  // A Redis without TLS waits for the rest of what it takes for a command, and one with TLS hangs up.
  const hint =
    protocol === 'redis:' ? '; if it speaks TLS, write rediss://' : '; if it speaks no TLS, write redis://';
  return passing(`Redis at ${at} does not answer (${code || message.split('\n')[0]})${hint}`);
}
