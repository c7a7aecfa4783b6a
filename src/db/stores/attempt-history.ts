import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { AttemptStatus } from '../../domain/attempt.ts';
import {
  AUTHORIZATION_HISTORY_MS,
  authorizationOutcome,
  type PastAuthorization,
} from '../../domain/authorization-limits.ts';
import type { FailedFare } from '../../domain/failed-fares.ts';
import type { AttemptHistory } from '../../ports/storage/attempt-history.ts';
import type { DB } from '../client/index.ts';

/** No limit counts as many; a card that was tried more often is read no further. */
const MAX_READ = 300;
// Literals: Postgres plans a statement once that costs the same whatever its parameters are.
const since = sql<Date>`now() - ${sql.lit(AUTHORIZATION_HISTORY_MS)} * interval '1 millisecond'`;

/** Of one trip, as its saga asks, the plan is made once; for an array Postgres makes it again each time. */
const isOneOf = (column: string, ids: readonly string[]): RawBuilder<boolean> =>
  ids.length === 1
    ? sql`${sql.ref(column)} = ${ids[0]}::uuid`
    : sql`${sql.ref(column)} = any (${[...ids]}::uuid[])`;

interface AuthorizationRow {
  askedBy: string;
  tripCard: string | null;
  at: Date | null;
  tripId: string;
  card: string | null;
  minor: number;
  currency: string;
  intentOutcome: string | null;
  status: AttemptStatus;
}

/** What came of earlier attempts, read from their rows and intents. */
export function createAttemptHistory({ db }: { db: Kysely<DB> }): AttemptHistory {
  return {
    async failedFares(tripIds) {
      if (tripIds.length === 0) return new Map();
      const { rows } = await sql<{ tripId: string; fare: Omit<FailedFare, 'at'>; at: Date }>`
        select trip_id as "tripId", unwind->'failedFare' as fare, finished_at as at
        from booking_attempts
        where ${isOneOf('trip_id', tripIds)} and unwind ? 'failedFare' and finished_at > ${since}`.execute(
        db,
      );
      const fares = rows.map(({ tripId, fare, at }) => ({ tripId, fare: { ...fare, at } }));
      return new Map(
        [...Map.groupBy(fares, ({ tripId }) => tripId)].map(([id, some]) => [
          id,
          some.map(({ fare }) => fare),
        ]),
      );
    },
    async authorizations(tripIds) {
      if (tripIds.length === 0) return new Map();
      const { rows } = await sql<AuthorizationRow>`
        select t.id as "askedBy", p.stripe_payment_method_id as "tripCard", past.at,
          past."tripId", past.card, past.minor, past.currency, past."intentOutcome", past.status
        from trip_requests t
        left join payment_methods p on p.id = t.payment_method_id
        left join lateral (
          select s.intended_at as at, a.trip_id as "tripId", s.request->>'card' as card,
            (s.request->>'minor')::float8 as minor, s.request->>'currency' as currency, s.outcome as "intentOutcome", a.status
          from (
            (select attempt_id from booking_steps
             where step = 'authorize' and request->>'card' = p.stripe_payment_method_id and intended_at > ${since}
             order by intended_at desc limit ${sql.lit(MAX_READ)})
            union
            (select id from booking_attempts where trip_id = t.id order by number desc limit ${sql.lit(MAX_READ)})
          ) as named (attempt_id)
          join booking_steps s on s.attempt_id = named.attempt_id and s.step = 'authorize' and s.intended_at > ${since}
          join booking_attempts a on a.id = s.attempt_id
        ) past on true
        where ${isOneOf('t.id', tripIds)}`.execute(db);
      return new Map(
        [...Map.groupBy(rows, ({ askedBy }) => askedBy)].map(([id, some]) => [
          id,
          { card: some[0]?.tripCard ?? null, past: some.flatMap(toAuthorization) },
        ]),
      );
    },
  };
}

function toAuthorization(row: AuthorizationRow): PastAuthorization[] {
  const { at, tripId, card, minor, currency } = row;
  const outcome = authorizationOutcome(row);
  return at && outcome ? [{ at, tripId, card, amount: { minor, currency }, outcome }] : [];
}
