-- A vendor that refuses our own account (a rotated key, a missing permission): new bookings pause until it has had time to be mended.
create table account_troubles (
  vendor text primary key,
  code text not null,
  -- When this run of troubles began; one that was quiet for an hour begins anew.
  since timestamptz not null default now(),
  last_at timestamptz not null default now(),
  pauses int not null default 1,
  paused_until timestamptz not null
);

grant select, insert, update on account_troubles to parker_api, parker_worker;
