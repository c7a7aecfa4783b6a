-- What an airline changes after the ticket: a booking is looked at again until it has been flown, and each change stands beside what was
-- booked, with what was decided about it.

alter table flight_bookings
  add column next_look_at timestamptz default now() + interval '10 minutes',
  add column looked_at timestamptz;
comment on column flight_bookings.next_look_at is 'When the order is read again at the seller; null: not any more.';
comment on column flight_bookings.looked_at is 'When the last reading that was written had been asked for; an older one changes nothing.';
create index flight_bookings_to_look on flight_bookings (next_look_at) where status = 'CONFIRMED';

create table order_changes (
  id uuid primary key default gen_random_uuid(),
  booking_id uuid not null references flight_bookings (id),
  trip_id uuid not null references trip_requests (id),
  user_id text not null references users (user_id),
  number int not null,
  change_id text,
  before jsonb not null,
  after jsonb not null,
  actions text[] not null,
  state text not null default 'OPEN' check (state in ('OPEN', 'ACCEPTED', 'DECLINED', 'SUPERSEDED')),
  correlation_id text,
  noticed_at timestamptz not null default now(),
  decided_at timestamptz,
  accept_requested_at timestamptz,
  accept_key text,
  accept_tries int not null default 0,
  accept_outcome text,
  lease_until timestamptz,
  unique (booking_id, number),
  unique (booking_id, change_id)
);
comment on table order_changes is 'What an airline changed in an order of its own accord: the slices as they were and as they are flown now.';
comment on column order_changes.change_id is 'The seller''s id; null when the order shows other flights and no change that explains them.';
comment on column order_changes.accept_key is 'Set with the intent to accept, before the call. The seller''s own id of the change keeps it from being accepted twice.';
comment on column order_changes.accept_outcome is 'What the seller answered: asked, or its refusal; null while that is unknown.';
create unique index order_changes_one_open on order_changes (booking_id) where state = 'OPEN';
create index order_changes_accepting on order_changes (accept_requested_at) where state = 'OPEN' and accept_requested_at is not null;
create index order_changes_user on order_changes (user_id);

alter table order_changes enable row level security;
alter table order_changes force row level security;
create policy own_rows on order_changes to parker_api using (user_id = current_setting('app.user_id', true))
  with check (user_id = current_setting('app.user_id', true)
    -- Checked through the booking's own policy: a user's change names only the user's own booking.
    and exists (select from flight_bookings b where b.id = booking_id));
create policy whole_fleet on order_changes to parker_worker using (true) with check (true);
grant select, insert, update, delete on order_changes to parker_worker;
grant select, update on order_changes to parker_api;
