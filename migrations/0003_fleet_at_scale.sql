-- What a fleet at full load asks of its tables: one round trip for one step of the saga, and rows that are changed often
-- stay where they are.

-- Of the saga's writes, the state and its evidence are one statement: a step costs one round trip and one commit. It applies
-- what src/services/booking decided, and decides nothing.
--
-- what: outcome?   what the traveller reads while the trip is being booked
--       trip?      {from, to, outcome, selectedOfferId?, nextCheckAt?}: where the trip goes; absent keys stay
--       attempt    columns that change
--       settles    [{step, outcome, result}]: intents whose outcome is known now
--       booking?   the row of the ticket
--       entries    [{type, detail, evidence?}] of the trail, in order; flags? as they stood
--       tell       notifications with their jobs; ifMoved? {tell, jobs}: only when the trip moved
--       intent?    {step, key, tries, request} of the next call; asksFuse?, charge? {minor, currency, maxHour, maxMinute}
--       leaseMs?   renews the claim
--       unknowns?  the bound on unknown outcomes, when one is among the settles
-- answer: {moved, stop, blown}; a stop is the fuse's, and then all but the intent is written.
-- Raises PF001 when the epoch is no longer the newest.
--
-- A charge to the fuse commits by itself, just before the rest: its row would otherwise be held while the disk is waited for,
-- one booking after the other. That commit need not wait for the disk: the log is written in order, so that an intent that
-- survives a crash has its charge before it. A charge whose intent was not written counts all the same.
create procedure commit_attempt(of_attempt uuid, at_epoch int, what jsonb, inout answer jsonb) language plpgsql as $$
declare
  a booking_attempts;
  at_trip uuid;
  trip jsonb := what->'trip';
  intent jsonb := what->'intent';
  charge jsonb := what->'charge';
  moved boolean := false;
  stop text;
  blown boolean := false;
begin
  if charge is not null then
    perform from booking_attempts where id = of_attempt and epoch = at_epoch and status = 'PENDING';
    if found then
      stop := charge_fuse((charge->>'minor')::bigint, charge->>'currency', (charge->>'maxHour')::bigint, (charge->>'maxMinute')::int);
      perform set_config('synchronous_commit', 'off', true);
      commit;
    end if;
  end if;
  -- The trip's row before the attempt's, as everywhere: the other way round two transactions could wait for each other.
  if trip is not null or what ? 'outcome' then
    select trip_id into at_trip from booking_attempts where id = of_attempt;
  end if;
  if what ? 'outcome' then
    update trip_requests set outcome = what->'outcome', updated_at = now() where id = at_trip and auto_book_status = 'BOOKING';
  end if;
  if trip is not null then
    update trip_requests set
      auto_book_status = trip->>'to', outcome = trip->'outcome', updated_at = now(),
      selected_offer_id = case when trip ? 'selectedOfferId' then trip->>'selectedOfferId' else selected_offer_id end,
      next_check_at = case when trip ? 'nextCheckAt' then (trip->>'nextCheckAt')::timestamptz else next_check_at end
    where id = at_trip and trip->'from' ? auto_book_status;
    moved := found;
  end if;

  select * into a from booking_attempts where id = of_attempt and epoch = at_epoch and status = 'PENDING' for update;
  if not found then
    raise exception 'attempt % is past epoch %', of_attempt, at_epoch using errcode = 'PF001';
  end if;
  a := jsonb_populate_record(a, coalesce(what->'attempt', '{}'));
  update booking_attempts set
    status = a.status, step = a.step, offer_id = a.offer_id, offer = a.offer, amount_minor = a.amount_minor, currency = a.currency,
    payment_intent_id = a.payment_intent_id, capture_before = a.capture_before, order_id = a.order_id, order_facts = a.order_facts,
    unwind = a.unwind, error_code = a.error_code, error_message = a.error_message, updated_at = now(),
    finished_at = case when a.step = 'done' then now() end,
    lease_until = case when a.status <> 'PENDING' then null
                       when what ? 'leaseMs' then now() + (what->>'leaseMs')::float8 * interval '1 millisecond'
                       else a.lease_until end
  where id = of_attempt;

  if what ? 'settles' then
    update booking_steps s set outcome = x.outcome, result = coalesce(x.result, '{}'), settled_at = now()
    from jsonb_to_recordset(what->'settles') as x (step text, outcome text, result jsonb)
    where s.attempt_id = of_attempt and s.step = x.step;
  end if;
  if what ? 'booking' then
    insert into flight_bookings (trip_id, attempt_id, user_id, provider, order_id, payment_intent_id, booking_reference, price_minor,
                                 currency, ticket_numbers, itinerary)
    select a.trip_id, a.id, a.user_id, b.provider, b.order_id, b.payment_intent_id, b.booking_reference, b.price_minor,
           b.currency, b.ticket_numbers, b.itinerary
    from jsonb_populate_record(null::flight_bookings, what->'booking') b;
  end if;
  if what ? 'entries' then
    insert into booking_audits (trip_id, user_id, attempt_id, type, detail, actor, correlation_id, flags, evidence)
    select a.trip_id, a.user_id, a.id, e.type, coalesce(e.detail, '{}'), 'worker', a.correlation_id, what->'flags', e.evidence
    from jsonb_to_recordset(what->'entries') as e (type text, detail jsonb, evidence jsonb);
  end if;
  if what ? 'tell' then perform tell_of_attempt(a, what->'tell'); end if;
  if moved and what ? 'ifMoved' then
    perform tell_of_attempt(a, what->'ifMoved'->'tell');
    insert into outbox (queue, name, job_id, payload, correlation_id, run_at)
    select j.queue, j.name, j.job_id, j.payload, a.correlation_id, j.run_at
    from jsonb_populate_recordset(null::outbox, what->'ifMoved'->'jobs') j;
  end if;

  if what ? 'unknowns' then blown := count_unknown((what->>'unknowns')::int); end if;
  if what ? 'asksFuse' then
    select case when f.state = 'blown' then coalesce(f.reason, 'missing') end into stop from fuse f;
  end if;
  if intent is not null and stop is null then
    insert into booking_steps as s (attempt_id, step, user_id, key, tries, epoch, request)
    values (of_attempt, intent->>'step', a.user_id, intent->>'key', (intent->>'tries')::int, at_epoch, intent->'request')
    on conflict (attempt_id, step) do update set
      key = excluded.key, tries = excluded.tries, epoch = excluded.epoch, request = excluded.request,
      outcome = null, settled_at = null, intended_at = now();
  end if;
  answer := jsonb_build_object('moved', moved, 'stop', stop, 'blown', blown);
end $$;

-- Notifications with the jobs that send them; what was told before is not told again.
create function tell_of_attempt(a booking_attempts, told jsonb) returns void language plpgsql as $$
begin
  with fresh as (
    insert into notifications (id, user_id, trip_id, kind, dedupe_key, data, correlation_id)
    select n.id, a.user_id, a.trip_id, n.kind, n.dedupe_key, coalesce(n.data, '{}'), a.correlation_id
    from jsonb_to_recordset(coalesce(told, '[]')) as n (id uuid, kind text, dedupe_key text, data jsonb)
    on conflict (dedupe_key) do nothing
    returning id
  )
  insert into outbox (queue, name, job_id, payload, correlation_id)
  select n.job->>'queue', n.job->>'name', n.job->>'job_id', n.job->'payload', a.correlation_id
  from jsonb_to_recordset(coalesce(told, '[]')) as n (id uuid, job jsonb) join fresh using (id);
end $$;

-- As in 0002, but planned once per session instead of at every call, as functions in plain SQL are.
create or replace function audit_state(of_trip uuid, of_attempt uuid) returns jsonb language plpgsql stable as $$
begin
  return jsonb_build_object(
    'trip', (select jsonb_build_object('status', auto_book_status, 'selectedOfferId', selected_offer_id,
                                       'autoBook', auto_book_enabled, 'maxPriceMinor', max_price_minor, 'currency', currency)
             from trip_requests where id = of_trip),
    'attempt', (select jsonb_build_object('id', id, 'number', number, 'status', status, 'step', step, 'offerId', offer_id,
                                          'amountMinor', amount_minor, 'paymentIntentId', payment_intent_id,
                                          'orderId', order_id, 'errorCode', error_code)
                from booking_attempts where id = of_attempt),
    'booking', (select jsonb_build_object('status', status, 'orderId', order_id, 'bookingReference', booking_reference,
                                          'priceMinor', price_minor, 'refundedMinor', refunded_minor)
                from flight_bookings where trip_id = of_trip));
end $$;

create or replace function audit_text(entry booking_audits) returns text language plpgsql immutable as $$
begin
  return concat_ws(E'\n', encode(entry.prev_hash, 'hex'), entry.chain, entry.seq, entry.id,
    to_char(entry.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), entry.type, entry.actor,
    coalesce(entry.correlation_id, ''), coalesce(entry.attempt_id::text, ''), entry.detail::text,
    coalesce(entry.flags::text, ''), coalesce(entry.evidence::text, ''), coalesce(entry.state::text, ''));
end $$;

-- One write of the chain's head for each entry instead of two.
create or replace function chain_audit() returns trigger language plpgsql as $$
declare
  head audit_heads;
begin
  -- An entry without a trip belongs to its user's own chain, which does not say who that is.
  new.chain := coalesce(new.trip_id::text, 'user-' || left(encode(sha256(convert_to(new.user_id, 'UTF8')), 'hex'), 32));
  select * into head from audit_heads where chain = new.chain for update;
  if not found then
    insert into audit_heads values (new.chain, 0, '') on conflict (chain) do nothing;
    select * into head from audit_heads where chain = new.chain for update;
  end if;
  new.seq := head.seq + 1;
  new.prev_hash := head.hash;
  new.at := clock_timestamp();
  new.state := audit_state(new.trip_id, new.attempt_id);
  new.hash := sha256(convert_to(audit_text(new), 'UTF8'));
  update audit_heads set seq = new.seq, hash = new.hash where chain = new.chain;
  return new;
end $$;

-- An attempt's row changes with every step: without an index on what changes, it stays on its page.
drop index booking_attempts_open;
create index booking_attempts_open on booking_attempts (started_at, id) where status = 'PENDING';
-- What is not known yet needs no place in an index, four times on the way to a ticket.
alter table booking_attempts drop constraint booking_attempts_order_id_key;
create unique index booking_attempts_order on booking_attempts (order_id) where order_id is not null;
drop index booking_attempts_intent, booking_attempts_offer;
create unique index booking_attempts_intent on booking_attempts (payment_intent_id) where payment_intent_id is not null;
create index booking_attempts_offer on booking_attempts (offer_id) where offer_id is not null;
alter table booking_attempts set (fillfactor = 50);
alter table booking_steps set (fillfactor = 70);
alter table audit_heads set (fillfactor = 50);

-- What the provider sent is kept once per search and compressed: its offers repeat each other, so that all of them together
-- take the room of a few. Workers of the release before still write `raw`; a later file drops it.
alter table searches add column payload bytea, add column cheapest_minor bigint;
comment on column searches.cheapest_minor is 'The cheapest fare found: how it moves decides how soon to look again.';
comment on column searches.payload is 'The offers as the provider sent them: a JSON array, Zstandard. Read it with `npx parker payload <offer>`.';
alter table flight_offers alter column raw drop not null;

-- Watching reads what is due and nothing else. The sweep reads trips by the time they are due, a search its trips by key, the
-- end of watching both of its reasons.
create table watches (
  search_key text primary key,
  worth real,
  asked_at timestamptz
);
comment on table watches is 'How much a look at each search is worth, and when one was last asked for: a scarce quota is shared by it.';
grant select, insert, update, delete on watches to parker_worker;
create index watches_asked on watches (asked_at);
drop index trip_requests_due, trip_requests_watching;
create index trip_requests_due on trip_requests (next_check_at, id) include (search_key, user_id) where auto_book_status = 'PENDING';
create index trip_requests_watching on trip_requests (search_key, id) where auto_book_status = 'PENDING';
create index trip_requests_caps on trip_requests (search_key, max_price_minor) where auto_book_status = 'PENDING';
create index trip_requests_departing on trip_requests (departure_date) where auto_book_status = 'PENDING';
-- Every look changes a trip's row: dead ones are cleared long before they are a fifth of the table.
alter table trip_requests set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);

-- The night's pruning finds what is old without reading what is not.
create index webhook_events_received on webhook_events (received_at);
create index idempotency_keys_created on idempotency_keys (created_at);
