import { sql } from 'kysely';
import { STEP_MOVED } from '../domain/event-types.ts';
import type { AuditEntry } from '../ports/storage/audit.ts';
import type { Db } from './client/index.ts';

/**
 * Inserts entries in the transaction of the change that they record, after the change: a trigger records the resulting state
 * and chains the entries (migrations/0002).
 */
export async function audit(trx: Db, ...entries: readonly AuditEntry[]): Promise<void> {
  if (entries.length === 0) return;
  const rows = entries.map(({ userId, tripId, attemptId, correlationId, ...rest }) => ({
    user_id: userId,
    trip_id: tripId,
    attempt_id: attemptId,
    correlation_id: correlationId,
    ...rest,
  }));
  await sql`
    insert into booking_audits (trip_id, user_id, attempt_id, type, detail, actor, correlation_id, flags, evidence)
    select trip_id, user_id, attempt_id, type, coalesce(detail, '{}'), actor, correlation_id, flags, evidence
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as e (trip_id uuid, user_id text, attempt_id uuid, type text,
      detail jsonb, actor text, correlation_id text, flags jsonb, evidence jsonb)`.execute(trx);
}

/** A trip's timeline in order, after the entry `afterId`. */
export function timelineOf(db: Db, tripId: string, options: { afterId?: number; limit: number }) {
  return db
    .selectFrom('bookingAudits')
    .select(['id', 'at', 'type', 'detail', 'correlationId'])
    .where('tripId', '=', tripId)
    .where('id', '>', options.afterId ?? 0)
    .where('type', '<>', STEP_MOVED)
    .orderBy('id')
    .limit(options.limit)
    .execute();
}

/** A trip's decisions, each with what it was made on and the flags of that moment. */
export function evidenceOf(db: Db, tripId: string) {
  return db
    .selectFrom('bookingAudits')
    .select(['at', 'type', 'attemptId', 'flags', 'evidence', 'seq'])
    .select(sql<string>`encode(hash, 'hex')`.as('hash'))
    .where('tripId', '=', tripId)
    .where('evidence', 'is not', null)
    .orderBy('id')
    .execute();
}

/** The entries of these types, with what the attempt behind each has at the providers. */
export function moneyEventsOf(db: Db, tripId: string, types: readonly string[]) {
  return db
    .selectFrom('bookingAudits as e')
    .leftJoin('bookingAttempts as a', 'a.id', 'e.attemptId')
    .leftJoin('flightBookings as b', 'b.tripId', 'e.tripId')
    .select(['e.at', 'e.type', 'e.detail', 'e.attemptId'])
    .select((eb) => [
      eb.fn.coalesce('a.paymentIntentId', 'b.paymentIntentId').as('paymentIntentId'),
      eb.fn.coalesce('a.orderId', 'b.orderId').as('orderId'),
    ])
    .where('e.tripId', '=', tripId)
    .where('e.type', 'in', [...types])
    .orderBy('e.id')
    .execute();
}
