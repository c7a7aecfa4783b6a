-- Parker's tables, roles and row-level security. Frozen once released: change the schema with a new file.
--
-- Money is kept in minor units (pence, cents) beside its ISO 4217 currency. What identifies a person is ciphertext.
-- Two roles, neither of which owns a table: parker_api sees the rows of one user, named by app.user_id in each
-- transaction, and nothing without it; parker_worker acts for every user. Row-level security is forced on every
-- table that belongs to a user, so that not even the owner reads around it by accident.

create extension if not exists pgcrypto;

do $$
begin
  begin create role parker_api nologin nobypassrls; exception when duplicate_object then null; end;
  begin create role parker_worker nologin nobypassrls; exception when duplicate_object then null; end;
end $$;
grant parker_api, parker_worker to current_user;
grant usage on schema public to parker_api, parker_worker;

create table users (
  user_id text primary key check (user_id <> ''),
  email bytea,
  data_key bytea not null,
  stripe_customer_id text unique,
  created_at timestamptz not null default now()
);
comment on column users.data_key is 'This user''s data key, wrapped by a key of PII_KEYS; without it the PII is noise.';

create table travelers (
  id uuid primary key default gen_random_uuid(),
  user_id text not null references users (user_id),
  pii bytea not null,
  created_at timestamptz not null default now()
);
create index travelers_user on travelers (user_id, created_at desc, id);

create table payment_methods (
  id uuid primary key default gen_random_uuid(),
  user_id text not null references users (user_id),
  stripe_payment_method_id text not null unique,
  brand text not null,
  last4 text not null,
  exp_month int not null,
  exp_year int not null,
  created_at timestamptz not null default now()
);
create index payment_methods_user on payment_methods (user_id, created_at desc, id);

create table trip_requests (
  id uuid primary key default gen_random_uuid(),
  user_id text not null references users (user_id),
  auto_book_enabled boolean not null,
  auto_book_status text not null default 'PENDING'
    check (auto_book_status in ('PENDING', 'BOOKING', 'BOOKED', 'FAILED', 'CANCELLED', 'EXPIRED')),
  origin char(3) not null,
  destination char(3) not null,
  departure_date date not null,
  return_date date,
  cabin text not null,
  traveler_ids uuid[] not null,
  max_price_minor bigint not null check (max_price_minor > 0),
  currency char(3) not null,
  criteria jsonb not null default '{}',
  payment_method_id uuid references payment_methods (id) on delete set null,
  consent jsonb,
  search_key text not null,
  search_params jsonb not null,
  selected_offer_id text,
  best_price_minor bigint,
  best_price_currency char(3),
  last_checked_at timestamptz,
  next_check_at timestamptz,
  watch_until timestamptz not null,
  outcome jsonb not null,
  correlation_id text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  check (not auto_book_enabled or consent is not null)
);
comment on column trip_requests.watch_until is 'End of the departure day at the origin: after it the trip expires.';
comment on column trip_requests.outcome is 'What last came of watching, {code, message}, in words for the traveller.';
create index trip_requests_user on trip_requests (user_id, created_at desc, id);
create index trip_requests_due on trip_requests (next_check_at, id) where auto_book_status = 'PENDING';
create index trip_requests_watching on trip_requests (search_key, next_check_at) where auto_book_status = 'PENDING';
create index trip_requests_ending on trip_requests (watch_until, id) where auto_book_status = 'PENDING';

create table searches (
  id uuid primary key default gen_random_uuid(),
  search_key text not null,
  freshness_window bigint,
  trip_id uuid references trip_requests (id) on delete cascade,
  status text not null check (status in ('RUNNING', 'DONE', 'FAILED')),
  lease_until timestamptz,
  offer_request_id text,
  offer_count int,
  error_code text,
  created_at timestamptz not null default now(),
  completed_at timestamptz,
  unique (search_key, freshness_window)
);
comment on table searches is 'One provider search: shared by a freshness window, or a trip''s own when it is about to book.';
create index searches_created on searches (created_at);
create index searches_trip on searches (trip_id);

create table flight_offers (
  id uuid primary key default gen_random_uuid(),
  search_id uuid not null references searches (id) on delete cascade,
  search_key text not null,
  trip_id uuid references trip_requests (id) on delete cascade,
  provider text not null,
  offer_id text not null unique,
  price_minor bigint not null,
  currency char(3) not null,
  expires_at timestamptz,
  summary jsonb not null,
  raw jsonb not null,
  created_at timestamptz not null default now()
);
comment on column flight_offers.trip_id is 'Null: shared by all trips of the search key. Set: fetched for this trip alone.';
create index flight_offers_search on flight_offers (search_id, price_minor);
create index flight_offers_key on flight_offers (search_key, created_at desc);
create index flight_offers_trip on flight_offers (trip_id);
create index flight_offers_created on flight_offers (created_at, id);

create table booking_attempts (
  id uuid primary key default gen_random_uuid(),
  trip_id uuid not null references trip_requests (id),
  user_id text not null references users (user_id),
  number int not null,
  idempotency_key text not null unique,
  status text not null default 'PENDING' check (status in ('PENDING', 'SUCCESS', 'FAILED', 'NEEDS_HUMAN')),
  step text not null default 'reprice'
    check (step in ('reprice', 'authorize', 'order', 'settle', 'capture', 'confirm', 'cancel_order', 'void', 'done')),
  epoch int not null default 0,
  lease_until timestamptz,
  deadline timestamptz not null,
  wanted_itinerary text,
  offer_id text,
  offer jsonb,
  amount_minor bigint,
  currency char(3),
  payment_intent_id text,
  capture_before timestamptz,
  order_id text unique,
  order_facts jsonb,
  unwind jsonb,
  error_code text,
  error_message text,
  correlation_id text not null,
  started_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  finished_at timestamptz,
  unique (trip_id, number)
);
comment on column booking_attempts.epoch is 'Raised by every claim; every write of a worker carries the epoch it claimed.';
comment on column booking_attempts.unwind is 'Why the attempt is being undone: {code, message, to}.';
create unique index booking_attempts_one_live on booking_attempts (trip_id) where status in ('PENDING', 'NEEDS_HUMAN');
create unique index booking_attempts_one_per_offer on booking_attempts (offer_id) where status <> 'FAILED';
create unique index booking_attempts_intent on booking_attempts (payment_intent_id);
create index booking_attempts_offer on booking_attempts (offer_id);
create index booking_attempts_open on booking_attempts (updated_at, id) where status = 'PENDING';

create table booking_steps (
  attempt_id uuid not null references booking_attempts (id) on delete cascade,
  step text not null,
  user_id text not null,
  key text not null unique,
  tries int not null default 1,
  epoch int not null,
  request jsonb not null,
  intended_at timestamptz not null default now(),
  outcome text,
  result jsonb,
  settled_at timestamptz,
  primary key (attempt_id, step)
);
comment on table booking_steps is 'The intent behind every external money or order call, committed before the call.';

create table flight_bookings (
  id uuid primary key default gen_random_uuid(),
  trip_id uuid not null unique references trip_requests (id),
  attempt_id uuid not null unique references booking_attempts (id),
  user_id text not null references users (user_id),
  provider text not null,
  order_id text not null unique,
  payment_intent_id text not null unique,
  booking_reference text not null,
  status text not null default 'CONFIRMED' check (status in ('CONFIRMED', 'CANCELLED', 'REFUNDED')),
  price_minor bigint not null,
  currency char(3) not null,
  ticket_numbers text[] not null,
  itinerary jsonb not null,
  refunded_minor bigint not null default 0,
  cancel_requested_at timestamptz,
  booked_at timestamptz not null default now()
);
create index flight_bookings_user on flight_bookings (user_id, booked_at desc, id);

create table booking_audits (
  id bigint generated always as identity primary key,
  trip_id uuid,
  user_id text not null,
  attempt_id uuid,
  type text not null,
  detail jsonb not null default '{}',
  actor text not null,
  flags jsonb,
  correlation_id text,
  at timestamptz not null default clock_timestamp()
);
comment on table booking_audits is 'Every change of state, written in the change''s own transaction; never updated, never holding PII.';
create index booking_audits_trip on booking_audits (trip_id, id);

create table notifications (
  id uuid primary key default gen_random_uuid(),
  user_id text not null references users (user_id),
  trip_id uuid references trip_requests (id),
  kind text not null,
  dedupe_key text not null unique,
  data jsonb not null default '{}',
  status text not null default 'PENDING' check (status in ('PENDING', 'SENT', 'FAILED')),
  attempts int not null default 0,
  lease_until timestamptz,
  first_tried_at timestamptz,
  provider_id text,
  last_error text,
  correlation_id text,
  created_at timestamptz not null default now(),
  sent_at timestamptz
);
create index notifications_open on notifications (created_at) where status = 'PENDING';
create index notifications_trip on notifications (trip_id);

create table idempotency_keys (
  user_id text not null,
  key text not null,
  fingerprint text not null,
  status int,
  response bytea,
  created_at timestamptz not null default now(),
  primary key (user_id, key)
);
comment on column idempotency_keys.response is 'The answer first given, encrypted with the user''s data key.';

create table webhook_events (
  provider text not null check (provider in ('stripe', 'duffel')),
  event_id text not null,
  dedupe_key text not null,
  type text not null,
  refs jsonb not null,
  received_at timestamptz not null default now(),
  processed_at timestamptz,
  outcome text,
  primary key (provider, event_id),
  unique (provider, dedupe_key)
);
comment on column webhook_events.refs is 'Ids named by the event. The body is not kept: it holds PII and is never believed.';
create index webhook_events_open on webhook_events (received_at) where processed_at is null;

create table outbox (
  id bigint generated always as identity primary key,
  queue text not null,
  name text not null,
  job_id text not null,
  payload jsonb not null,
  correlation_id text,
  run_at timestamptz,
  created_at timestamptz not null default now(),
  published_at timestamptz
);
create index outbox_unpublished on outbox (id) where published_at is null;
create index outbox_published on outbox (published_at) where published_at is not null;

create table ops_audits (
  id bigint generated always as identity primary key,
  actor text not null,
  action text not null,
  target jsonb not null,
  allowed boolean not null,
  correlation_id text,
  at timestamptz not null default now()
);

do $$
declare
  t text;
begin
  foreach t in array array['users', 'travelers', 'payment_methods', 'trip_requests', 'booking_attempts', 'booking_steps',
                           'flight_bookings', 'booking_audits', 'notifications', 'idempotency_keys']
  loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy own_rows on %I to parker_api using (user_id = current_setting(''app.user_id'', true)) '
                   'with check (user_id = current_setting(''app.user_id'', true))', t);
    execute format('create policy whole_fleet on %I to parker_worker using (true) with check (true)', t);
  end loop;
end $$;

alter table flight_offers enable row level security;
alter table flight_offers force row level security;
create policy whole_fleet on flight_offers to parker_worker using (true) with check (true);
create policy offers_of_own_trips on flight_offers for select to parker_api using (
  exists (
    select from trip_requests t
    where t.id = flight_offers.trip_id or (flight_offers.trip_id is null and t.search_key = flight_offers.search_key)
  )
);

grant select, insert, update, delete on users, travelers, payment_methods, trip_requests, booking_attempts, booking_steps,
  flight_bookings, notifications, idempotency_keys, webhook_events, outbox, searches, flight_offers to parker_worker;
grant select, insert, update on users, trip_requests, booking_attempts, flight_bookings, notifications, outbox,
  webhook_events to parker_api;
grant select, insert, update, delete on travelers, payment_methods, idempotency_keys to parker_api;
grant select on flight_offers, booking_steps to parker_api;
grant select, insert on booking_audits, ops_audits to parker_api, parker_worker;
