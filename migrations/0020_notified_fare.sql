-- What the traveller of a trip that is booked by hand was last told of a fare that fits: its price, whether it has gone since, and when
-- mails were sent of late. Null: nothing yet.
alter table trip_requests add column notified_fare jsonb;
