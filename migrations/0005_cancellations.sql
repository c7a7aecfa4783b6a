-- Cancelling a booking is a saga of its own: claimed, fenced, one step after the other, like buying.
-- Its intents stand in booking_steps under the attempt that bought the ticket, as steps cancel_booking and refund.

create table cancellations (
  id uuid primary key default gen_random_uuid(),
  booking_id uuid not null references flight_bookings (id),
  attempt_id uuid not null references booking_attempts (id),
  trip_id uuid not null references trip_requests (id),
  user_id text not null references users (user_id),
  number int not null,
  status text not null default 'PENDING' check (status in ('PENDING', 'DONE', 'REFUSED', 'NEEDS_HUMAN')),
  step text not null default 'quote',
  epoch int not null default 0,
  lease_until timestamptz,
  quote jsonb,
  airline_refund jsonb,
  refund_minor bigint,
  error_code text,
  error_message text,
  correlation_id text,
  requested_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  finished_at timestamptz,
  unique (booking_id, number)
);
comment on table cancellations is 'One request of a traveller to cancel a booking, and how far it came.';
comment on column cancellations.airline_refund is 'What the airline gave back, as it says itself; null is unknown, not zero.';
comment on column cancellations.refund_minor is 'What the traveller gets back, in minor units of the booking''s currency.';

create unique index cancellations_one_live on cancellations (booking_id) where status in ('PENDING', 'NEEDS_HUMAN');
create index cancellations_pending on cancellations (updated_at) where status = 'PENDING';
create index cancellations_user on cancellations (user_id);
create index flight_bookings_cancel_requested on flight_bookings (cancel_requested_at)
  where cancel_requested_at is not null and status = 'CONFIRMED';

alter table cancellations enable row level security;
alter table cancellations force row level security;
create policy own_rows on cancellations to parker_api using (user_id = current_setting('app.user_id', true))
  with check (user_id = current_setting('app.user_id', true)
    -- Checked through the booking's own policy: a user's cancellation names only the user's own booking.
    and exists (select from flight_bookings b where b.id = booking_id));
create policy whole_fleet on cancellations to parker_worker using (true) with check (true);
grant select, insert, update, delete on cancellations to parker_worker;
grant select, insert on cancellations to parker_api;
