-- A bank may want the traveller to confirm a payment. The attempt waits for them at a step of its own, and its deadline moves: until then they
-- may confirm, and an order may begin.

alter table booking_attempts drop constraint booking_attempts_step_check;
alter table booking_attempts add constraint booking_attempts_step_check check (step in
  ('reprice', 'authorize', 'confirm_payment', 'order', 'settle', 'capture', 'confirm', 'cancel_order', 'void', 'done')) not valid;
alter table booking_attempts validate constraint booking_attempts_step_check;

-- As in 0004, with `deadline` among the columns of an attempt.
create or replace function write_attempts(batch jsonb, alone boolean, stops jsonb) returns jsonb language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
declare
  asked record;
  busy uuid[];
  held int[];
  moved int[] := '{}';
  blown int[] := '{}';
  fuse_says text;
begin
  -- The trip's row before the attempt's, as everywhere: the other way round two transactions could wait for each other.
  if jsonb_path_exists(batch, '$[*] ? (exists (@.trip) || exists (@.outcome))') then
    if alone then
      perform from trip_requests where id = (batch->0->>'tripId')::uuid for no key update;
    end if;
    with wanted as (
      select x."tripId" as id from jsonb_to_recordset(batch) as x ("tripId" uuid, trip jsonb, outcome jsonb)
      where x.trip is not null or x.outcome is not null
    ), mine as (
      select t.id from wanted join trip_requests t using (id) for no key update of t skip locked
    )
    select coalesce(array_agg(id) filter (where mine.id is null), '{}') into busy from wanted left join mine using (id);
    if cardinality(busy) > 0 then
      select coalesce(jsonb_agg(one), '[]') into batch from jsonb_array_elements(batch) one
      where not (one ?| array['trip', 'outcome'] and (one->>'tripId')::uuid = any (busy));
    end if;
  end if;

  with written as (
    update booking_attempts a set
      status = coalesce(c.status, a.status), step = coalesce(c.step, a.step),
      offer_id = coalesce(c.offer_id, a.offer_id), offer = coalesce(c.offer, a.offer),
      amount_minor = coalesce(c.amount_minor, a.amount_minor), currency = coalesce(c.currency, a.currency),
      payment_intent_id = coalesce(c.payment_intent_id, a.payment_intent_id),
      capture_before = case when x.attempt ? 'capture_before' then c.capture_before else a.capture_before end,
      order_id = coalesce(c.order_id, a.order_id), order_facts = coalesce(c.order_facts, a.order_facts),
      unwind = coalesce(c.unwind, a.unwind), deadline = coalesce(c.deadline, a.deadline),
      error_code = coalesce(c.error_code, a.error_code), error_message = coalesce(c.error_message, a.error_message),
      updated_at = now(),
      finished_at = case when coalesce(c.step, a.step) = 'done' then now() end,
      lease_until = case when coalesce(c.status, a.status) <> 'PENDING' then null
                         when x."leaseMs" is not null then now() + x."leaseMs" * interval '1 millisecond'
                         else a.lease_until end
    from jsonb_to_recordset(batch) as x (n int, id uuid, epoch int, attempt jsonb, "leaseMs" float8)
    cross join jsonb_to_record(coalesce(x.attempt, '{}')) as c (
      status text, step text, offer_id text, offer jsonb, amount_minor bigint, currency char(3), payment_intent_id text,
      capture_before timestamptz, order_id text, order_facts jsonb, unwind jsonb, error_code text, error_message text,
      deadline timestamptz)
    where a.id = x.id and live_epoch(a) = x.epoch
    returning x.n
  )
  select coalesce(array_agg(n), '{}') into held from written;
  if cardinality(held) < jsonb_array_length(batch) then
    if alone then
      raise exception 'attempt % is past epoch %', batch->0->>'id', batch->0->>'epoch' using errcode = 'PF001';
    end if;
    select coalesce(jsonb_agg(one), '[]') into batch from jsonb_array_elements(batch) one where (one->>'n')::int = any (held);
  end if;

  if jsonb_path_exists(batch, '$[*].outcome') then
    update trip_requests t set outcome = x.outcome, updated_at = now()
    from jsonb_to_recordset(batch) as x ("tripId" uuid, outcome jsonb)
    where t.id = x."tripId" and x.outcome is not null and t.auto_book_status = 'BOOKING';
  end if;
  if jsonb_path_exists(batch, '$[*].trip') then
    with gone as (
      update trip_requests t set
        auto_book_status = x.trip->>'to', outcome = x.trip->'outcome', updated_at = now(),
        selected_offer_id = case when x.trip ? 'selectedOfferId' then x.trip->>'selectedOfferId' else t.selected_offer_id end,
        next_check_at = case when x.trip ? 'nextCheckAt' then (x.trip->>'nextCheckAt')::timestamptz else t.next_check_at end
      from jsonb_to_recordset(batch) as x (n int, "tripId" uuid, trip jsonb)
      where t.id = x."tripId" and x.trip->'from' ? t.auto_book_status
      returning x.n
    )
    select coalesce(array_agg(n), '{}') into moved from gone;
  end if;

  if jsonb_path_exists(batch, '$[*].settles[*]') then
    update booking_steps s set outcome = y.outcome, result = coalesce(y.result, '{}'), settled_at = now()
    from jsonb_to_recordset(batch) as x (id uuid, settles jsonb)
    cross join jsonb_to_recordset(x.settles) as y (step text, outcome text, result jsonb)
    where s.attempt_id = x.id and s.step = y.step;
  end if;
  if jsonb_path_exists(batch, '$[*].booking') then
    insert into flight_bookings (trip_id, attempt_id, user_id, provider, order_id, payment_intent_id, booking_reference, price_minor,
                                 currency, ticket_numbers, itinerary)
    select x."tripId", x.id, x."userId", b.provider, b.order_id, b.payment_intent_id, b.booking_reference, b.price_minor,
           b.currency, b.ticket_numbers, b.itinerary
    from jsonb_to_recordset(batch) as x (id uuid, "tripId" uuid, "userId" text, booking jsonb)
    cross join jsonb_populate_record(null::flight_bookings, x.booking) b
    where x.booking is not null;
  end if;

  insert into booking_audits (trip_id, user_id, attempt_id, type, detail, actor, correlation_id, flags, evidence, state)
  select x."tripId", x."userId", x.id, e.type, coalesce(e.detail, '{}'), 'worker', x."correlationId", x.flags, e.evidence,
         recorded_state(t, a, b)
  from jsonb_to_recordset(batch)
    as x (n int, id uuid, "tripId" uuid, "userId" text, "correlationId" text, flags jsonb, entries jsonb)
  join trip_requests t on t.id = x."tripId"
  join booking_attempts a on a.id = x.id
  left join flight_bookings b on b.trip_id = x."tripId"
  cross join rows from (jsonb_to_recordset(x.entries) as (type text, detail jsonb, evidence jsonb)) with ordinality
    as e (type, detail, evidence, place)
  order by x.n, e.place;

  if jsonb_path_exists(batch, '$[*] ? (exists (@.tell) || exists (@.ifMoved.tell))') then
    with told as (
      select x."userId", x."tripId", x."correlationId", y.*
      from jsonb_to_recordset(batch) as x (n int, "userId" text, "tripId" uuid, "correlationId" text, tell jsonb, "ifMoved" jsonb)
      cross join jsonb_to_recordset(coalesce(x.tell, '[]') ||
        case when x.n = any (moved) then coalesce(x."ifMoved"->'tell', '[]') else '[]' end)
        as y (id uuid, kind text, dedupe_key text, data jsonb, job jsonb)
    ), fresh as (
      insert into notifications (id, user_id, trip_id, kind, dedupe_key, data, correlation_id)
      select id, "userId", "tripId", kind, dedupe_key, coalesce(data, '{}'), "correlationId" from told
      on conflict (dedupe_key) do nothing
      returning id
    )
    insert into outbox (queue, name, job_id, payload, correlation_id)
    select job->>'queue', job->>'name', job->>'job_id', job->'payload', "correlationId" from told join fresh using (id);
  end if;
  if jsonb_path_exists(batch, '$[*].ifMoved.jobs') then
    insert into outbox (queue, name, job_id, payload, correlation_id, run_at)
    select j.queue, j.name, j.job_id, j.payload, x."correlationId", j.run_at
    from jsonb_to_recordset(batch) as x (n int, "correlationId" text, "ifMoved" jsonb)
    cross join jsonb_populate_recordset(null::outbox, x."ifMoved"->'jobs') j
    where x.n = any (moved);
  end if;

  if jsonb_path_exists(batch, '$[*].unknowns') then
    for asked in select x.n, x.unknowns from jsonb_to_recordset(batch) as x (n int, unknowns int) where x.unknowns is not null loop
      if count_unknown(asked.unknowns) then blown := blown || asked.n; end if;
    end loop;
  end if;
  if jsonb_path_exists(batch, '$[*].asksFuse') then
    select case when f.state = 'blown' then coalesce(f.reason, 'missing') end into fuse_says from fuse f;
    if fuse_says is not null then
      select stops || jsonb_object_agg(x.n, fuse_says) into stops
      from jsonb_to_recordset(batch) as x (n int, "asksFuse" boolean) where x."asksFuse";
    end if;
  end if;
  if jsonb_path_exists(batch, '$[*].intent') then
    insert into booking_steps as s (attempt_id, step, user_id, key, tries, epoch, request)
    select x.id, i.step, x."userId", i.key, i.tries, x.epoch, i.request
    from jsonb_to_recordset(batch) as x (n int, id uuid, epoch int, "userId" text, intent jsonb)
    cross join jsonb_to_record(x.intent) as i (step text, key text, tries int, request jsonb)
    where x.intent is not null and not stops ? x.n::text
    on conflict (attempt_id, step) do update set
      key = excluded.key, tries = excluded.tries, epoch = excluded.epoch, request = excluded.request,
      outcome = null, settled_at = null, intended_at = now();
  end if;
  return (
    select coalesce(jsonb_agg(jsonb_build_object('n', x.n, 'moved', x.n = any (moved), 'stop', stops->>(x.n::text),
                                                 'blown', x.n = any (blown))), '[]')
    from jsonb_to_recordset(batch) as x (n int));
end $$;
