import pg from 'pg';
import type { ServerTrouble } from '../ports/server-trouble.ts';
import { type Role, startupOf } from './client/index.ts';

/** The oldest major version that the migrations and the queries are tested on. */
export const OLDEST_POSTGRES = 15;
const CONNECT_TIMEOUT_MS = 5_000;

/**
 * Signs in to Postgres as the process will, and asks what later queries rely on: a version, the role, and row-level security that
 * binds it. A session for which it does not hold would show every user's rows.
 * @param role null for the release step, which signs in as the owner and makes the roles
 * @param pooled whether a pooler in transaction mode answers there
 * @param oldest the oldest major version that will do
 * @returns null when all is well
 */
export async function checkPostgres(
  url: string,
  role: Role | null,
  { oldest = OLDEST_POSTGRES, pooled = false } = {},
): Promise<ServerTrouble | null> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: CONNECT_TIMEOUT_MS,
    ...(role && !pooled && startupOf(role)),
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ version: number; shown: string }>(
      `select current_setting('server_version_num')::int / 10000 as version, current_setting('server_version') as shown`,
    );
    const { version = 0, shown = '' } = rows[0] ?? {};
    if (version < oldest) return lasting(`Postgres ${shown} is too old; use version ${oldest} or newer`);
    return role && ((pooled && (await checkLogin(client, role))) || (await checkSession(client, role)));
  } catch (error) {
    return wordsFor(error, url, role);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/**
 * Behind a pooler in transaction mode each transaction takes the role by itself, and the login has no rights: a statement that
 * slips out of its transaction is refused and does not run past row-level security. Takes the role for what follows.
 */
async function checkLogin(client: pg.Client, role: Role): Promise<ServerTrouble | null> {
  const { rows } = await client.query<{ login: string; able: boolean }>(
    `select session_user as login, rolsuper or rolbypassrls or has_table_privilege(session_user, 'trip_requests', 'select') as able
     from pg_roles where rolname = session_user`,
  );
  const { login, able } = rows[0] ?? {};
  await client.query('begin');
  await client.query('select set_config($1, $2, true)', ['role', role]);
  return able
    ? lasting(
        `with DATABASE_POOLER=transaction the login ${login} must have no rights of its own: create role parker_app login noinherit, grant parker_api and parker_worker to it, and sign in as it`,
      )
    : null;
}

async function checkSession(client: pg.Client, role: Role): Promise<ServerTrouble | null> {
  const { rows } = await client.query<{ user: string; bypasses: boolean; bound: boolean }>(
    `select current_user as user, rolsuper or rolbypassrls as bypasses, row_security_active('trip_requests') as bound
     from pg_roles where rolname = current_user`,
  );
  const { user, bypasses, bound } = rows[0] ?? {};
  if (user === role && !bypasses && bound) return null;
  const why =
    user === role
      ? `the role ${role} bypasses row-level security; alter role ${role} nosuperuser nobypassrls, and let it own no table`
      : `sessions run as ${user} and not as ${role}, so row-level security would not hold; a pooler that drops startup options needs DATABASE_POOLER=transaction`;
  return lasting(why);
}

const lasting = (what: string): ServerTrouble => ({ line: `DATABASE_URL: ${what}`, passing: false });
const passing = (what: string): ServerTrouble => ({ line: `DATABASE_URL: ${what}`, passing: true });

/** Source: PostgreSQL, "Appendix A. PostgreSQL Error Codes"; Node.js, "Common system errors" and "TLS: X509 certificate error codes". */
function wordsFor(error: unknown, url: string, role: Role | null): ServerTrouble {
  const { code = '', message } = error as Error & { code?: string };
  const { hostname, port, pathname, username } = new URL(url);
  const at = `${hostname || 'localhost'}:${port || 5432}`;
  const database = decodeURIComponent(pathname.slice(1)) || username;
  switch (code) {
    case 'ECONNREFUSED':
      return passing(`nothing listens at ${at}; start Postgres there, or correct the address`);
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return passing(`the host ${hostname} is not known; correct the address`);
    case '28P01':
      return lasting(`Postgres at ${at} refuses the password of ${username || 'the login'}; correct it`);
    case '28000':
      return lasting(
        `Postgres at ${at} refuses the login ${username}: it does not exist, or may not sign in from here`,
      );
    case '3D000':
      return lasting(
        `there is no database ${database} at ${at}; make it (createdb ${database}), or correct the name`,
      );
    case '22023':
      return lasting(
        `the role ${role} is missing; run the release step (node dist/bin/release.js) on this database first`,
      );
    case '42501':
      return lasting(
        `the login ${username} may not act as ${role}; grant ${role} to it, or sign in as the login of the release step`,
      );
    case '42P01':
      return lasting(
        'the schema is missing; run the release step (node dist/bin/release.js) on this database first',
      );
    case '08P01':
      if (/startup parameter/.test(message))
        return lasting(`a pooler at ${at} refuses startup options; set DATABASE_POOLER=transaction`);
  }
  if (/^(57P0\d|53300|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ECONNRESET)$/.test(code) || /timeout/i.test(message))
    return passing(`Postgres at ${at} does not answer (${code || 'timeout'})`);
  if (/does not support SSL/.test(message))
    return lasting(`Postgres at ${at} speaks no TLS; remove sslmode from the URL`);
  if (/^(SELF_SIGNED_CERT|DEPTH_ZERO|UNABLE_TO_|CERT_|ERR_TLS_CERT)/.test(code))
    return lasting(
      `the certificate of ${at} is not trusted (${code}); name its authority in NODE_EXTRA_CA_CERTS, or set PGSSLMODE=no-verify`,
    );
  if (/unexpected|Unknown|terminated/i.test(message) && !/^[0-9A-Z]{5}$/.test(code))
    return lasting(`what answers at ${at} does not speak as Postgres does; correct host and port`);
  return lasting(`Postgres at ${at} refuses us (${code || message.split('\n')[0]})`);
}
