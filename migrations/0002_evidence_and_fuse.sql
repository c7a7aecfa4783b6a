-- The audit trail becomes evidence: every entry carries the state it left behind and is chained to the one before by
-- hash. The fuse stops new bookings by itself. Orphans are things of ours at a vendor that no trip knows.

alter table booking_audits
  add column evidence jsonb,
  add column state jsonb,
  add column chain text,
  add column seq int,
  add column prev_hash bytea,
  add column hash bytea;
comment on column booking_audits.evidence is 'What a decision was made on: every offer, its score, what stood against it.';
comment on column booking_audits.state is 'Trip, attempt and booking as this entry''s transaction left them: replaying the trail rebuilds them.';
comment on column booking_audits.hash is 'SHA-256 of the entry''s canonical text, which holds the hash of the entry before it.';
create unique index booking_audits_chain on booking_audits (chain, seq);

create table audit_heads (
  chain text primary key,
  seq int not null,
  hash bytea not null
);
comment on table audit_heads is 'The last link of each chain: a trail that lost its end is found out.';

-- The state is read with the writer's own rights, after its changes and in its transaction.
create function audit_state(of_trip uuid, of_attempt uuid) returns jsonb language sql stable as $$
  select jsonb_build_object(
    'trip', (select jsonb_build_object('status', auto_book_status, 'selectedOfferId', selected_offer_id,
                                       'autoBook', auto_book_enabled, 'maxPriceMinor', max_price_minor, 'currency', currency)
             from trip_requests where id = of_trip),
    'attempt', (select jsonb_build_object('id', id, 'number', number, 'status', status, 'step', step, 'offerId', offer_id,
                                          'amountMinor', amount_minor, 'paymentIntentId', payment_intent_id,
                                          'orderId', order_id, 'errorCode', error_code)
                from booking_attempts where id = of_attempt),
    'booking', (select jsonb_build_object('status', status, 'orderId', order_id, 'bookingReference', booking_reference,
                                          'priceMinor', price_minor, 'refundedMinor', refunded_minor)
                from flight_bookings where trip_id = of_trip))
$$;

-- One text for one entry, whoever writes it down: src/db/audit-chain.ts checks the same.
create function audit_text(entry booking_audits) returns text language sql immutable as $$
  select concat_ws(E'\n', encode(entry.prev_hash, 'hex'), entry.chain, entry.seq, entry.id,
    to_char(entry.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), entry.type, entry.actor,
    coalesce(entry.correlation_id, ''), coalesce(entry.attempt_id::text, ''), entry.detail::text,
    coalesce(entry.flags::text, ''), coalesce(entry.evidence::text, ''), coalesce(entry.state::text, ''))
$$;

create function chain_audit() returns trigger language plpgsql as $$
declare
  head audit_heads;
begin
  -- An entry without a trip belongs to its user's own chain, which does not say who that is.
  new.chain := coalesce(new.trip_id::text, 'user-' || left(encode(sha256(convert_to(new.user_id, 'UTF8')), 'hex'), 32));
  insert into audit_heads values (new.chain, 0, '') on conflict (chain) do update set seq = audit_heads.seq
    returning * into head;
  new.seq := head.seq + 1;
  new.prev_hash := head.hash;
  new.at := clock_timestamp();
  new.state := audit_state(new.trip_id, new.attempt_id);
  new.hash := sha256(convert_to(audit_text(new), 'UTF8'));
  update audit_heads set seq = new.seq, hash = new.hash where chain = new.chain;
  return new;
end $$;
create trigger booking_audits_chained before insert on booking_audits for each row execute function chain_audit();

create table orphans (
  provider_id text primary key,
  kind text not null check (kind in ('hold', 'order')),
  action text not null check (action in ('release', 'human')),
  attempt_id text,
  found_at timestamptz not null default now(),
  outcome text,
  settled_at timestamptz
);
comment on table orphans is 'Things of ours at a vendor that no trip knows; the row commits before anything is done about them.';

create table fuse (
  single boolean primary key default true check (single),
  state text not null default 'armed' check (state in ('armed', 'blown')),
  reason text,
  blown_at timestamptz,
  rearm_asked_by text,
  rearm_asked_at timestamptz
);
comment on table fuse is 'Blown: no new authorisation and no new order, until two people have armed it again.';
insert into fuse default values;

create table fuse_minutes (
  minute timestamptz not null,
  currency char(3) not null,
  spent_minor bigint not null default 0,
  bookings int not null default 0,
  unknowns int not null default 0,
  primary key (minute, currency)
);
comment on table fuse_minutes is 'What was begun, minute by minute: the fuse adds up the last hour. XXX counts unknown outcomes.';

-- Blows the fuse, once. The caller's transaction goes on and commits.
create function blow_fuse(why text) returns void language sql as $$
  update fuse set state = 'blown', reason = why, blown_at = now(), rearm_asked_by = null, rearm_asked_at = null
  where state = 'armed'
$$;

-- Counts a booking against the bounds before its money is reserved. Returns why it may not begin, or null.
-- The fuse's row is locked, so that a thousand workers can't each find the last pound.
create function charge_fuse(amount bigint, in_currency text, max_hour bigint, max_minute int) returns text language plpgsql as $$
declare
  this_minute timestamptz := date_trunc('minute', clock_timestamp());
  spent bigint;
  begun int;
  fuse_state text;
  why text;
begin
  select f.state, f.reason into fuse_state, why from fuse f for update;
  if fuse_state = 'blown' then return why; end if;
  select coalesce(sum(m.spent_minor) filter (where m.currency = in_currency), 0),
         coalesce(sum(m.bookings) filter (where m.minute = this_minute), 0)
    into spent, begun from fuse_minutes m where m.minute > this_minute - interval '1 hour';
  why := case when spent + amount > max_hour then 'spend_per_hour' when begun + 1 > max_minute then 'bookings_per_minute' end;
  if why is not null then
    perform blow_fuse(why);
    return why;
  end if;
  insert into fuse_minutes as m (minute, currency, spent_minor, bookings) values (this_minute, in_currency, amount, 1)
    on conflict (minute, currency) do update set spent_minor = m.spent_minor + amount, bookings = m.bookings + 1;
  return null;
end $$;

-- Counts an unknown outcome. Returns whether that blew the fuse.
create function count_unknown(max_hour int) returns boolean language plpgsql as $$
declare
  this_minute timestamptz := date_trunc('minute', clock_timestamp());
  seen int;
begin
  insert into fuse_minutes as m (minute, currency, unknowns) values (this_minute, 'XXX', 1)
    on conflict (minute, currency) do update set unknowns = m.unknowns + 1;
  select sum(m.unknowns) into seen from fuse_minutes m where m.minute > this_minute - interval '1 hour';
  if seen <= max_hour or (select f.state from fuse f) = 'blown' then return false; end if;
  perform blow_fuse('unknown_outcomes');
  return true;
end $$;

-- An alert may concern the whole house.
alter table notifications alter column user_id drop not null,
  add constraint notifications_whose check (user_id is not null or kind = 'ops_alert');

grant select, insert, update on audit_heads to parker_api, parker_worker;
grant select, insert, update on orphans to parker_worker;
grant select, update on fuse to parker_api, parker_worker;
grant select, insert, update, delete on fuse_minutes to parker_worker;
grant select, delete on fuse_minutes to parker_api;
