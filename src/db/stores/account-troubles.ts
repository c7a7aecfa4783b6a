import { type Kysely, sql } from 'kysely';
import type { AccountTroubleStore } from '../../ports/storage/account-troubles.ts';
import type { DB } from '../client/index.ts';

/** The first pause, in seconds; it doubles with each that was in vain. */
const FIRST_PAUSE_S = 60;
/** The longest: a mended account is noticed within it. */
const LONGEST_PAUSE_S = 15 * 60;
/** Seconds without trouble after which the next one begins anew. */
const QUIET_S = 3_600;

/** Troubles with our accounts, in Postgres. */
export function createAccountTroubleStore({ db }: { db: Kysely<DB> }): AccountTroubleStore {
  return {
    async record({ vendor, code }) {
      const pause = sql`now() + ${FIRST_PAUSE_S} * interval '1 second'`;
      // Calls that are under way go on during a pause, and do not prolong it.
      await sql`
        insert into account_troubles as t (vendor, code, paused_until) values (${vendor}, ${code}, ${pause})
        on conflict (vendor) do update set
          code = excluded.code,
          last_at = now(),
          since = case when t.last_at < now() - ${QUIET_S} * interval '1 second' then now() else t.since end,
          pauses = case when t.last_at < now() - ${QUIET_S} * interval '1 second' then 1
                        when t.paused_until > now() then t.pauses else t.pauses + 1 end,
          paused_until = case when t.paused_until > now() then t.paused_until
                              when t.last_at < now() - ${QUIET_S} * interval '1 second' then ${pause}
                              else now() + least(${LONGEST_PAUSE_S}, ${FIRST_PAUSE_S} * 2 ^ least(t.pauses, 10)) * interval '1 second' end`.execute(
        db,
      );
    },
    active: () =>
      db
        .selectFrom('accountTroubles')
        .select(['vendor', 'code', 'since'])
        .where('pausedUntil', '>', sql<Date>`now()`)
        .orderBy('vendor')
        .execute(),
  };
}
