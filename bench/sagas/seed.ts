import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import type { Offer } from '../../src/domain/offer.ts';

export const offer: Offer = {
  provider: 'duffel',
  offerId: 'off',
  price: { minor: 39_900, currency: 'GBP' },
  expiresAt: null,
  airline: 'ZZ',
  airlineName: 'Duffel Airways',
  slices: [{ origin: 'LHR', destination: 'JFK', durationMinutes: 480, segments: [] }],
  passengers: [],
  checkedBags: 1,
  refundable: true,
  baseMinor: null,
  taxMinor: null,
};

/** Trips being booked, each with an attempt that nobody has begun. @returns the attempts */
export async function seedAttempts(pool: pg.Pool, count: number): Promise<{ id: string; tripId: string }[]> {
  const user = `bench-${randomUUID()}`;
  await pool.query(`insert into users (user_id, data_key, stripe_customer_id) values ($1, '', $1)`, [user]);
  await pool.query(
    `insert into payment_methods (user_id, stripe_payment_method_id, brand, last4, exp_month, exp_year)
     values ($1, $1, 'visa', '4242', 1, 2099)`,
    [user],
  );
  const { rows } = await pool.query<{ id: string; tripId: string }>(
    `with t as (
       insert into trip_requests (user_id, auto_book_enabled, auto_book_status, origin, destination, departure_date, cabin, traveler_ids,
         max_price_minor, currency, consent, search_key, search_params, watch_until, outcome, correlation_id, payment_method_id)
       select $1, true, 'BOOKING', 'LHR', 'JFK', current_date + 60, 'economy', '{}', 42000, 'GBP', 'true', 'k', '{}',
         now() + interval '60 days', '{}', 'bench', (select id from payment_methods where user_id = $1)
       from generate_series(1, $2) returning id)
     insert into booking_attempts (trip_id, user_id, number, idempotency_key, deadline, correlation_id)
     select id, $1, 1, 'book-' || id, now() + interval '1 hour', 'bench' from t returning id, trip_id as "tripId"`,
    [user, count],
  );
  return rows;
}
