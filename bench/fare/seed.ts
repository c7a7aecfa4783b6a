import type pg from 'pg';

/** Watched trips, each of a user and a search of its own; its key is also its origin, so that vendors can tell them apart. */
export async function seedTrips(pool: pg.Pool, count: number): Promise<{ id: string; key: string }[]> {
  await pool.query(
    `with u as (
       insert into users (user_id, data_key, stripe_customer_id) select 'u' || n, '', 'u' || n from generate_series(1, $1) n returning user_id)
     insert into payment_methods (user_id, stripe_payment_method_id, brand, last4, exp_month, exp_year)
     select user_id, user_id, 'visa', '4242', 1, 2099 from u`,
    [count],
  );
  const { rows } = await pool.query<{ id: string; key: string }>(
    `insert into trip_requests (user_id, auto_book_enabled, origin, destination, departure_date, cabin, traveler_ids, max_price_minor,
       currency, consent, search_key, search_params, watch_until, next_check_at, outcome, correlation_id, payment_method_id)
     select p.user_id, true, 'LHR', 'JFK', current_date + 60, 'economy', '{}', 42000, 'GBP', 'true', p.user_id,
       jsonb_build_object('origin', p.user_id, 'departureDate', '2099-01-01'), now() + interval '60 days', now(), '{"code": "x", "message": "x"}',
       'bench', p.id
     from payment_methods p returning id, search_key as key`,
  );
  return rows;
}
