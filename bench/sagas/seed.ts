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

/** Trips being booked, each of a user of its own, with an attempt that nobody has begun. @returns the attempts */
export async function seedAttempts(pool: pg.Pool, count: number): Promise<{ id: string; tripId: string }[]> {
  const { rows } = await pool.query<{ id: string; tripId: string }>(
    `with u as (
       insert into users (user_id, data_key, stripe_customer_id)
       select name, '', name from (select 'bench-' || gen_random_uuid() as name from generate_series(1, $1)) n returning user_id),
     p as (
       insert into payment_methods (user_id, stripe_payment_method_id, brand, last4, exp_month, exp_year)
       select user_id, user_id, 'visa', '4242', 1, 2099 from u returning id, user_id),
     t as (
       insert into trip_requests (user_id, auto_book_enabled, auto_book_status, origin, destination, departure_date, cabin, traveler_ids,
         max_price_minor, currency, consent, search_key, search_params, watch_until, outcome, correlation_id, payment_method_id)
       select user_id, true, 'BOOKING', 'LHR', 'JFK', current_date + 60, 'economy', '{}', 42000, 'GBP', 'true', 'k', '{}',
         now() + interval '60 days', '{}', 'bench', id
       from p returning id, user_id)
     insert into booking_attempts (trip_id, user_id, number, idempotency_key, deadline, correlation_id)
     select id, user_id, 1, 'book-' || id, now() + interval '1 hour', 'bench' from t returning id, trip_id as "tripId"`,
    [count],
  );
  return rows;
}
