-- A trip whose booking was cancelled is CANCELLED: trip, booking, receipt and mail say the same. A cancellation names who asked for it,
-- and the refund that the traveller accepted; a quote is kept, so that asking twice does not make the first one stale at the airline.

alter table cancellations
  add column requested_by text not null default 'traveller' check (requested_by in ('traveller', 'airline', 'operator')),
  add column accepted_minor bigint check (accepted_minor >= 0);
comment on column cancellations.requested_by is 'Who asked: airline, when the order was cancelled there without a request of ours.';
comment on column cancellations.accepted_minor is
  'The least that the traveller wants back, in minor units of the booking''s currency; null: whatever the fare gives.';

create table cancellation_quotes (
  booking_id uuid primary key references flight_bookings (id),
  user_id text not null references users (user_id),
  asking_until timestamptz,
  quote jsonb,
  quoted_at timestamptz
);
comment on table cancellation_quotes is 'What the airline last said a cancellation would give back. Nobody has asked for the cancellation itself.';
comment on column cancellation_quotes.asking_until is 'Until then one process asks the airline, and no other does.';
create index cancellation_quotes_user on cancellation_quotes (user_id);
alter table cancellation_quotes enable row level security;
alter table cancellation_quotes force row level security;
create policy own_rows on cancellation_quotes to parker_api using (user_id = current_setting('app.user_id', true))
  with check (user_id = current_setting('app.user_id', true)
    -- Checked through the booking's own policy: a user's quote names only the user's own booking.
    and exists (select from flight_bookings b where b.id = booking_id));
create policy whole_fleet on cancellation_quotes to parker_worker using (true) with check (true);
grant select, insert, update, delete on cancellation_quotes to parker_worker;
grant select, insert, update on cancellation_quotes to parker_api;

-- As moneyText in src/domain/money.ts: which currencies have no minor unit, or three digits of it.
create function money_text(minor bigint, currency text) returns text language sql immutable as $$
  select case
    when currency in ('BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'MGA', 'PYG', 'RWF', 'UGX', 'VND', 'VUV', 'XAF', 'XOF', 'XPF')
      then minor::text
    when currency in ('BHD', 'JOD', 'KWD', 'OMR', 'TND') then round(minor / 1000.0, 3)::text
    else round(minor / 100.0, 2)::text end || ' ' || currency
$$;

-- What the traveller reads of a booking whose cancellation the version before wrote: it does not say who asked.
create function cancelled_booking_outcome(b flight_bookings) returns jsonb language sql immutable as $$
  select jsonb_build_object('code', 'booking_cancelled', 'message',
    concat('This booking was cancelled', case when b.cancel_requested_at is not null then ' at your request' end, '. ',
      case when b.refunded_minor > 0
        then concat('A refund of ', money_text(b.refunded_minor, b.currency), ' to your card was requested; you had paid ',
                    money_text(b.price_minor, b.currency), '.')
        else 'The airline gave nothing back, so nothing is refunded.' end))
$$;

-- A worker of the version before ends a cancellation without its trip. One of this version moves the trip first, in its own words.
create function cancel_trip_of_booking() returns trigger language plpgsql as $$
begin
  update trip_requests set auto_book_status = 'CANCELLED', outcome = cancelled_booking_outcome(new), updated_at = now()
  where id = new.trip_id and auto_book_status = 'BOOKED';
  return null;
end $$;
create trigger booking_cancelled after update of status on flight_bookings for each row
  when (old.status = 'CONFIRMED' and new.status <> 'CONFIRMED') execute function cancel_trip_of_booking();

-- Trips whose booking was cancelled before. Forced policies hold the owner too, so that this runs as the worker's role; the entry in
-- the audit log records the state that the correction leaves.
set local role parker_worker;
do $$
declare
  corrected record;
begin
  for corrected in
    update trip_requests t set auto_book_status = 'CANCELLED', outcome = cancelled_booking_outcome(b), updated_at = now()
    from flight_bookings b
    where b.trip_id = t.id and b.status in ('CANCELLED', 'REFUNDED') and t.auto_book_status = 'BOOKED'
    returning t.id, t.user_id, t.correlation_id
  loop
    insert into booking_audits (trip_id, user_id, type, detail, actor, correlation_id)
    values (corrected.id, corrected.user_id, 'trip.corrected',
            jsonb_build_object('from', 'BOOKED', 'to', 'CANCELLED', 'code', 'booking_cancelled'), 'release', corrected.correlation_id);
  end loop;
end $$;
reset role;
