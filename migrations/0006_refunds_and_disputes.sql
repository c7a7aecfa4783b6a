-- Refunds and disputes change after they were made. Both are followed until their status is final.
-- The intents stay in booking_steps; a refund's row begins with its intent, whichever version of a worker recorded it.

create table refunds (
  id uuid primary key default gen_random_uuid(),
  attempt_id uuid not null references booking_attempts (id),
  booking_id uuid references flight_bookings (id),
  trip_id uuid not null references trip_requests (id),
  user_id text not null references users (user_id),
  payment_intent_id text not null,
  provider_refund_id text unique,
  key text not null unique,
  amount_minor bigint not null,
  currency char(3) not null,
  status text not null default 'requested'
    check (status in ('requested', 'pending', 'requires_action', 'succeeded', 'failed', 'canceled')),
  pending_reason text,
  failure_reason text,
  resolved_at timestamptz,
  looked_at timestamptz,
  requested_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  settled_at timestamptz
);
comment on table refunds is 'One refund: its intent, and what the payment provider says of it since.';
comment on column refunds.key is 'The key of the call; for a refund that somebody made elsewhere the provider''s id.';
comment on column refunds.failure_reason is 'The provider''s own word.';
comment on column refunds.resolved_at is 'When another refund or a person had made good what this one did not bring back.';
comment on column refunds.looked_at is 'When it was last read at the provider.';
comment on column refunds.settled_at is 'When it was first seen succeeded, failed or canceled; a succeeded one may still fail.';
create index refunds_booking on refunds (booking_id);
create index refunds_attempt on refunds (attempt_id);
create index refunds_user on refunds (user_id);
create index refunds_payment on refunds (payment_intent_id);
create index refunds_open on refunds (coalesce(looked_at, requested_at), id)
  where status in ('requested', 'pending', 'requires_action');
create index refunds_succeeded on refunds (coalesce(looked_at, requested_at), id) where status = 'succeeded';
create index refunds_unresolved on refunds (settled_at, id) where status in ('failed', 'canceled') and resolved_at is null;

create table disputes (
  id uuid primary key default gen_random_uuid(),
  provider_dispute_id text not null unique,
  attempt_id uuid references booking_attempts (id),
  booking_id uuid references flight_bookings (id),
  trip_id uuid references trip_requests (id),
  user_id text references users (user_id),
  payment_intent_id text not null,
  amount_minor bigint not null,
  currency char(3) not null,
  reason text not null,
  status text not null,
  evidence_due_by timestamptz,
  refundable boolean,
  opened_at timestamptz not null,
  looked_at timestamptz,
  updated_at timestamptz not null default now(),
  closed_at timestamptz
);
comment on table disputes is 'A payment that the cardholder disputes at the bank, or asks about.';
comment on column disputes.status is 'The provider''s own word; closed_at says whether it is over.';
comment on column disputes.evidence_due_by is 'Null: no response is possible.';
comment on column disputes.refundable is 'Whether the payment may still be refunded; null is unknown.';
create index disputes_booking on disputes (booking_id);
create index disputes_attempt on disputes (attempt_id);
create index disputes_user on disputes (user_id);
create index disputes_payment on disputes (payment_intent_id);
create index disputes_open on disputes (coalesce(looked_at, opened_at), id) where closed_at is null;

do $$
declare
  t text;
begin
  foreach t in array array['refunds', 'disputes']
  loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy own_rows on %I to parker_api using (user_id = current_setting(''app.user_id'', true)) '
                   'with check (user_id = current_setting(''app.user_id'', true))', t);
    execute format('create policy whole_fleet on %I to parker_worker using (true) with check (true)', t);
  end loop;
end $$;
grant select, insert, update, delete on refunds, disputes to parker_worker;
grant select on refunds, disputes to parker_api;

-- The row of a refund begins in the transaction of its intent. A void intent that found captured money is a refund too.
create function follow_refund_intent() returns trigger language plpgsql as $$
begin
  insert into refunds (attempt_id, booking_id, trip_id, user_id, payment_intent_id, key, amount_minor, currency)
  select a.id, b.id, a.trip_id, a.user_id, coalesce(new.request ->> 'paymentIntentId', a.payment_intent_id), new.key,
         coalesce((new.request ->> 'minor')::bigint, a.amount_minor), a.currency
  from booking_attempts a left join flight_bookings b on b.attempt_id = a.id
  where a.id = new.attempt_id and a.amount_minor is not null and a.currency is not null
    and coalesce(new.request ->> 'paymentIntentId', a.payment_intent_id) is not null
  on conflict (key) do nothing;
  return null;
end $$;
create trigger refund_intent after insert or update of key on booking_steps for each row
  when (new.step = 'refund' or (new.step = 'void' and new.request ->> 'found' = 'captured'))
  execute function follow_refund_intent();

-- What the provider answered to a refund goes to its row in the transaction that records it. A refusal moved no money.
create function follow_refund_outcome() returns trigger language plpgsql as $$
declare
  seen jsonb := new.result -> 'refund';
  stands text := seen ->> 'status';
begin
  if seen is not null then
    update refunds r set provider_refund_id = seen ->> 'id', status = stands, pending_reason = seen ->> 'pendingReason',
      failure_reason = seen ->> 'failureReason', looked_at = now(), updated_at = now(),
      settled_at = case when stands in ('succeeded', 'failed', 'canceled') then now() end
    where r.key = new.key and r.provider_refund_id is null
      and not exists (select from refunds other where other.provider_refund_id = seen ->> 'id');
  elsif new.outcome in ('refused', 'already_refunded') then
    update refunds r set status = 'failed', failure_reason = coalesce(new.result ->> 'code', new.outcome), looked_at = now(),
      updated_at = now(), settled_at = now(), resolved_at = now()
    where r.key = new.key and r.provider_refund_id is null;
  end if;
  return null;
end $$;
create trigger refund_outcome after update of outcome on booking_steps for each row
  when (new.outcome is not null and (new.step = 'refund' or new.step = 'void'))
  execute function follow_refund_outcome();

-- Refunds of the version before are followed too. The owner is held to forced policies, which do not name it: lifted for this statement.
alter table booking_attempts no force row level security;
alter table booking_steps no force row level security;
alter table flight_bookings no force row level security;
alter table refunds no force row level security;
insert into refunds (attempt_id, booking_id, trip_id, user_id, payment_intent_id, key, amount_minor, currency, requested_at)
select a.id, b.id, a.trip_id, a.user_id, coalesce(s.request ->> 'paymentIntentId', a.payment_intent_id), s.key,
       coalesce((s.request ->> 'minor')::bigint, a.amount_minor), a.currency, s.intended_at
from booking_steps s join booking_attempts a on a.id = s.attempt_id left join flight_bookings b on b.attempt_id = a.id
where (s.step = 'refund' or (s.step = 'void' and s.request ->> 'found' = 'captured'))
  and coalesce(s.request ->> 'paymentIntentId', a.payment_intent_id) is not null and a.amount_minor is not null and a.currency is not null;
alter table booking_attempts force row level security;
alter table booking_steps force row level security;
alter table flight_bookings force row level security;
alter table refunds force row level security;
