-- Each step of an attempt changes `updated_at` and `step`. While an index refers to one of them, such an update writes an entry into
-- every index of the table, as before 0003. Cases are found by booking_attempts_one_live, which holds the attempts that are open.
drop index booking_attempts_human, booking_attempts_looking_up;
