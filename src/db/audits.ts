import type { Db } from './client.ts';

/** One change of state, as evidence: who did it, to what, in which request. Its detail never holds PII. */
export interface AuditEntry {
  readonly userId: string;
  readonly tripId?: string | null;
  readonly attemptId?: string | null;
  readonly type: string;
  readonly detail?: Record<string, unknown>;
  /** `user:<id>`, `worker`, `webhook:stripe`, `operator:<id>`. */
  readonly actor: string;
  readonly correlationId?: string | null;
  readonly flags?: Record<string, boolean>;
}

/** Writes entries in the transaction of the change they record. */
export async function audit(trx: Db, ...entries: readonly AuditEntry[]): Promise<void> {
  if (entries.length === 0) return;
  const rows = entries.map(({ userId, tripId, attemptId, type, detail, actor, correlationId, flags }) => ({
    userId,
    tripId: tripId ?? null,
    attemptId: attemptId ?? null,
    type,
    detail: JSON.stringify(detail ?? {}),
    actor,
    correlationId: correlationId ?? null,
    flags: flags ? JSON.stringify(flags) : null,
  }));
  await trx.insertInto('bookingAudits').values(rows).execute();
}

/** A trip's story in the order it happened, after the entry `afterId`. */
export function timelineOf(db: Db, tripId: string, options: { afterId?: number; limit: number }) {
  return db
    .selectFrom('bookingAudits')
    .select(['id', 'at', 'type', 'detail', 'correlationId'])
    .where('tripId', '=', tripId)
    .where('id', '>', options.afterId ?? 0)
    .orderBy('id')
    .limit(options.limit)
    .execute();
}
