import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../src/app/system-clock.ts';
import { insertCancellation } from '../../src/db/cancellations.ts';
import { asUser, type Database, openDatabase } from '../../src/db/client/index.ts';
import { createCancellationStore } from '../../src/db/stores/cancellations.ts';
import { CLAIM_MS } from '../../src/domain/attempt.ts';
import { cancellationEnd } from '../../src/services/cancelling/cancellation-end.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';

let scratch: TestDatabase;
let api: Database;
let worker: Database;
beforeAll(async () => {
  scratch = await createDatabase();
  api = openDatabase(scratch.url, 'parker_api', { max: 12 });
  worker = openDatabase(scratch.url, 'parker_worker', { max: 12 });
});
afterAll(async () => {
  await api.close();
  await worker.close();
  await scratch.drop();
});

async function requestedBookings(userId: string, count: number): Promise<string[]> {
  await scratch.query(`insert into users (user_id, data_key) values ($1, '') on conflict do nothing`, [
    userId,
  ]);
  const rows = await scratch.query<{ id: string }>(
    `with t as (
       insert into trip_requests (user_id, auto_book_enabled, auto_book_status, origin, destination, departure_date, cabin,
         traveler_ids, max_price_minor, currency, consent, search_key, search_params, watch_until, outcome, correlation_id)
       select $1, true, 'BOOKED', 'LHR', 'JFK', '2099-01-01', 'economy', '{}', 42000, 'GBP', 'true', 'k', '{}', now(), '{}', 'x'
       from generate_series(1, $2) returning id, user_id),
     a as (
       insert into booking_attempts (trip_id, user_id, number, idempotency_key, deadline, correlation_id, status, step)
       select id, user_id, 1, gen_random_uuid(), now(), 'x', 'SUCCESS', 'done' from t returning *)
     insert into flight_bookings (trip_id, attempt_id, user_id, provider, order_id, payment_intent_id, booking_reference,
       price_minor, currency, ticket_numbers, itinerary, cancel_requested_at)
     select trip_id, id, user_id, 'duffel', 'ord_' || id, 'pi_' || id, 'ABC234', 39900, 'GBP', '{}', '[]', now() from a
     returning id`,
    [userId, count],
  );
  return rows.map(({ id }) => id);
}

test("a user can not insert a cancellation of another user's booking", async () => {
  const [bookingId] = await requestedBookings('owner', 1);
  await scratch.query(`insert into users (user_id, data_key) values ('other', '')`);
  const insert = asUser(api.db, 'other', (trx) =>
    sql`insert into cancellations (booking_id, attempt_id, trip_id, user_id, number)
        select ${bookingId}::uuid, a.id, a.trip_id, 'other', 1 from (select gen_random_uuid() as id, gen_random_uuid() as trip_id) a`.execute(
      trx,
    ),
  );
  await expect(insert).rejects.toThrow(/row-level security/);
  expect(await asUser(api.db, 'owner', (trx) => insertCancellation(trx, bookingId as string, 'x'))).toBe(1);
});

test('a row that the version before left behind on a booking that is over is not claimed', async () => {
  const [bookingId] = (await requestedBookings('left', 1)) as [string];
  await asUser(api.db, 'left', (trx) => insertCancellation(trx, bookingId, 'x'));
  await scratch.query('update flight_bookings set cancel_requested_at = null where id = $1', [bookingId]);
  expect(await createCancellationStore(worker.db, { claimMs: CLAIM_MS }).claim(bookingId)).toBeNull();
});

test('requests and ends of the same bookings at once never deadlock', async () => {
  const store = createCancellationStore(worker.db, { claimMs: CLAIM_MS });
  const ids = await requestedBookings('busy', 8);
  const refused = { kind: 'refused', code: 'x', message: 'No.' } as const;
  const request = (id: string) =>
    asUser(api.db, 'busy', async (trx) => {
      await trx
        .updateTable('flightBookings')
        .set({ cancelRequestedAt: sql<Date>`coalesce(cancel_requested_at, now())` })
        .where('id', '=', id)
        .execute();
      await insertCancellation(trx, id, 'x');
    });
  for (let round = 0; round < 15; round += 1)
    await Promise.all(
      ids.flatMap((id) => [
        request(id),
        request(id),
        store.claim(id).then(async (claim) => {
          if (!claim) return;
          const { patch, events, end } = cancellationEnd(claim.subject, refused, { clock: systemClock });
          await store.commit(claim.subject, { patch, outcomes: [], events, end });
        }),
      ]),
    );
  const [row] = await scratch.query<{ deadlocks: number }>(
    'select deadlocks::int from pg_stat_database where datname = current_database()',
  );
  expect(row?.deadlocks).toBe(0);
});
