-- A user's trips in the order of their departure, page by page.
create index trip_requests_user_departure on trip_requests (user_id, departure_date, id);
