-- An order of unknown outcome is waited for as long as its authorization allows, which may be days. What is learned of it
-- meanwhile stands on the attempt's row, so that whichever worker looks next knows it.

alter table booking_attempts
  add column resume_at timestamptz,
  add column hinted_order_ids text[] not null default '{}',
  add column order_failed_at timestamptz,
  add column release_requested_at timestamptz;
comment on column booking_attempts.resume_at is 'No worker claims a waiting attempt before, unless there is news of it.';
comment on column booking_attempts.hinted_order_ids is 'Orders that a signed webhook or the seller''s list named: read by id, though no list may show them yet.';
comment on column booking_attempts.order_failed_at is 'When the seller said by signed webhook that the order was not made.';
comment on column booking_attempts.release_requested_at is 'When the traveller asked not to wait for an unknown order any longer.';

-- What failed before is remembered: which fares of a trip, and how often a card was asked.
create index booking_attempts_failed_fares on booking_attempts (trip_id) where unwind ? 'failedFare';
create index booking_steps_card on booking_steps ((request->>'card'), intended_at) where step = 'authorize';
