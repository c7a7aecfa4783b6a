import { sql } from 'kysely';
import type { ChainedEntry, ChainHead, RecordedState } from '../ports/storage/audit-log.ts';
import type { Db } from './client/index.ts';

/** Entries in the order of their chains, after a place in it; the canonical text is computed from the columns. */
export async function chainedEntries(
  db: Db,
  page: { after: { chain: string; seq: number }; limit: number; chain?: string },
): Promise<ChainedEntry[]> {
  const { after, limit, chain } = page;
  const { rows } = await sql<ChainedEntry>`
    select chain, seq, audit_text(a) as canonical, encode(prev_hash, 'hex') as "prevHash", encode(hash, 'hex') as hash, type,
           attempt_id as "attemptId", state,
           chain = coalesce(trip_id::text, 'user-' || left(encode(sha256(convert_to(user_id, 'UTF8')), 'hex'), 32))
             and not exists (select from trip_requests t where t.id = a.trip_id and t.user_id <> a.user_id) as "inPlace"
    from booking_audits a
    where (chain, seq) > (${after.chain}, ${after.seq}) and (${chain ?? null}::text is null or chain = ${chain ?? null})
    order by chain, seq limit ${limit}`.execute(db);
  return rows;
}

/** Where each chain must end. */
export async function chainHeads(db: Db): Promise<Map<string, ChainHead>> {
  const { rows } = await sql<{ chain: string; seq: number; hash: string }>`
    select chain, seq, encode(hash, 'hex') as hash from audit_heads`.execute(db);
  return new Map(rows.map(({ chain, ...head }) => [chain, head]));
}

/** How trip, attempts and booking stand now, in the shape that entries record. */
export async function currentState(db: Db, tripId: string, attemptId: string | null): Promise<RecordedState> {
  const { rows } = await sql<{ state: RecordedState }>`
    select audit_state(${tripId}::uuid, ${attemptId}::uuid) as state`.execute(db);
  return (rows[0] as { state: RecordedState }).state;
}
