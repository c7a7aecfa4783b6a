-- Mail goes to the address of the newest token: of two tokens the one that was issued later counts, whichever arrives first.
alter table users add column email_as_of timestamptz;
comment on column users.email_as_of is 'When the token that carried email was issued; null for an address stored before this column was.';
