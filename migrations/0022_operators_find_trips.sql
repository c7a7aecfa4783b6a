-- Operators find a trip by what a log line, a mail or an airline names. None of these columns is ever updated.
create index trip_requests_correlation on trip_requests (correlation_id);
create index booking_attempts_correlation on booking_attempts (correlation_id);
create index flight_bookings_reference on flight_bookings (booking_reference);
