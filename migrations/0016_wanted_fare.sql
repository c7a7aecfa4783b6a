-- The fare that a traveller picked by hand, as they saw it: its brand, cabin, bags and conditions are bought, or nothing is.
-- `wanted_itinerary` holds its key, which no flights have: a worker of the version before, which looks for flights alone, finds
-- none and buys nothing.

alter table booking_attempts add column wanted_fare jsonb;
comment on column booking_attempts.wanted_fare is 'The offer that the traveller picked by hand, as they saw it; null where the search chooses.';
