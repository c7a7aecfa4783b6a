import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import type { AttemptCommit } from '../../src/db/commit-attempts.ts';
import type { TestDatabase } from './database.ts';

type Attempt = AttemptCommit['attempt'];

/** Attempts claimed by a worker, each of a trip and a user of its own, with the intent of an order. */
export async function claimedAttempts(scratch: TestDatabase, count: number): Promise<Attempt[]> {
  const correlationId = randomUUID();
  return scratch.query<Attempt & pg.QueryResultRow>(
    `with u as (insert into users (user_id, data_key) select gen_random_uuid()::text, '' from generate_series(1, $1) returning user_id),
     t as (
       insert into trip_requests (user_id, auto_book_enabled, auto_book_status, origin, destination, departure_date, cabin, traveler_ids,
         max_price_minor, currency, consent, search_key, search_params, watch_until, outcome, correlation_id)
       select user_id, true, 'BOOKING', 'LHR', 'JFK', '2099-01-01', 'economy', '{}', 42000, 'GBP', 'true', 'k', '{}', now(), '{}', 'x'
       from u returning id, user_id),
     a as (
       insert into booking_attempts (trip_id, user_id, number, idempotency_key, deadline, correlation_id, epoch, lease_until)
       select id, user_id, 1, 'book-' || id, now(), $2, 1, now() from t returning *),
     s as (
       insert into booking_steps (attempt_id, step, user_id, key, epoch, request)
       select id, 'order', user_id, id || ':order', 1, '{}' from a)
     select id, epoch, trip_id as "tripId", user_id as "userId", correlation_id as "correlationId" from a`,
    [count, correlationId],
  );
}

/** Everything that is known of an attempt, without what no two have in common. */
export async function storedState(
  scratch: TestDatabase,
  { id, tripId, userId, correlationId }: Attempt,
): Promise<string> {
  const [row] = await scratch.query<{ state: unknown }>(
    `select jsonb_build_object(
       'attempt', (select to_jsonb(a) - '{deadline,started_at,updated_at,finished_at,lease_until}'::text[]
          || jsonb_build_object('over', finished_at is not null, 'held', lease_until) from booking_attempts a where id = $1),
       'trip', (select to_jsonb(t) - '{created_at,updated_at,watch_until}'::text[] from trip_requests t where id = $2),
       'steps', (select jsonb_agg(to_jsonb(s) - '{intended_at,settled_at}'::text[] || jsonb_build_object('settled', settled_at is not null)
          order by step) from booking_steps s where attempt_id = $1),
       'booking', (select to_jsonb(b) - '{id,booked_at,next_look_at}'::text[] from flight_bookings b where trip_id = $2),
       'trail', (select jsonb_agg(to_jsonb(e) - '{id,at,hash,prev_hash}'::text[] order by seq) from booking_audits e where trip_id = $2),
       'mails', (select jsonb_agg(to_jsonb(n) - '{id,created_at}'::text[] order by kind) from notifications n where trip_id = $2),
       'jobs', (select jsonb_agg(to_jsonb(o) - '{id,created_at}'::text[] order by name, job_id) from outbox o where payload->>'of' = $1::text))
     as state`,
    [id, tripId],
  );
  return [id, tripId, userId, correlationId].reduce(
    (text, own, at) => text.replaceAll(own ?? '', `own-${at}`),
    JSON.stringify(row?.state).replace(/"held":"[^"]*"/, '"held":true'),
  );
}
