-- The fuse counts what is reserved. Each charge is a row of its attempt's try, which is credited in the commit that knows that
-- nothing of it is reserved any more: a decline, a refusal, a call that was not made, a payment that does not exist, a void.
-- Bounds of one user stop that user's attempts; only the fleet's bounds blow the fuse. Amounts are in one currency.

create table fuse_charges (
  attempt_id uuid not null,
  tries int not null,
  user_id text not null,
  at timestamptz not null,
  minor bigint not null,
  currency char(3) not null,
  credited_at timestamptz,
  counted boolean not null default true,
  primary key (attempt_id, tries)
);
comment on table fuse_charges is 'What an authorization was counted as, by attempt and number of tries: a repeated commit counts once.';
comment on column fuse_charges.minor is 'In the fuse''s currency, whatever the fare''s is.';
comment on column fuse_charges.counted is 'Whether fuse_minutes holds it: the next charge takes out what was credited.';
create index fuse_charges_user on fuse_charges (user_id, at);
create index fuse_charges_age on fuse_charges (at);
create index fuse_charges_to_take_out on fuse_charges (at) where credited_at is not null and counted;
alter table fuse_charges enable row level security;
alter table fuse_charges force row level security;
create policy whole_fleet on fuse_charges to parker_worker using (true) with check (true);
create policy own_rows on fuse_charges to parker_api using (user_id = current_setting('app.user_id', true))
  with check (user_id = current_setting('app.user_id', true));
grant select, insert, update, delete on fuse_charges to parker_worker;
grant select on fuse_charges to parker_api;

-- Arming resets the fleet's counts; a charge from before must not be taken out of them later. A trigger, so that it holds for the
-- version before as well.
alter table fuse add column armed_at timestamptz;
create function note_arming() returns trigger language plpgsql as $$
begin
  new.armed_at := clock_timestamp();
  return new;
end $$;
create trigger fuse_armed before update on fuse for each row
  when (old.state = 'blown' and new.state = 'armed') execute function note_arming();
-- Until now a name was enough to ask.
update fuse set rearm_asked_by = null, rearm_asked_at = null;

-- As in 0004, with
--
--   charge?  {minor, currency, maxHour, maxMinute; rated?, userHour?, userCount?}: minor in the fuse's currency; rated is false when
--            the fare's currency has no rate; the user's bounds are in minor units and bookings, absent when there are none
--   credit?  nothing of the attempt's charges is reserved any more
--
-- A worker of the version before sends the fare's own currency, no bounds of the user, and no credit: it counts as it did.
-- An attempt that another transaction holds is left out of a batch that charges, so that no charge is made for one that ends meanwhile.
create or replace procedure commit_attempts(batch jsonb, alone boolean, inout answers jsonb) language plpgsql as $$
declare
  charged jsonb;
  stops jsonb := '{}';
begin
  if jsonb_path_exists(batch, '$[*].charge') then
    charged := charge_attempts(batch, alone);
    stops := charged->'stops';
    if charged ? 'left' then
      select coalesce(jsonb_agg(one), '[]') into batch from jsonb_array_elements(batch) one where not charged->'left' @> (one->'n');
    end if;
    perform set_config('synchronous_commit', 'off', true);
    commit;
  end if;
  answers := write_attempts(batch, alone, stops);
  if jsonb_path_exists(batch, '$[*].credit') then
    perform credit_attempts(batch, answers);
  end if;
end $$;

-- Charges each in its turn. Returns why some may not begin, by place, and the places that are left out. The attempts are locked
-- before the fuse, and while its row is held nothing else is waited for.
create function charge_attempts(batch jsonb, alone boolean) returns jsonb language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
declare
  asked record;
  f fuse;
  mine uuid[];
  this_minute timestamptz;
  in_currency char(3);
  spent bigint;
  begun int;
  added bigint := 0;
  bookings_added int := 0;
  of_user record;
  own bigint;
  why text;
  stops jsonb := '{}';
  left_out jsonb := '[]';
begin
  if alone then
    perform from booking_attempts where id = (batch->0->>'id')::uuid for share;
  end if;
  mine := array(
    select a.id from jsonb_to_recordset(batch) as x (id uuid, epoch int, charge jsonb)
    join booking_attempts a on a.id = x.id and live_epoch(a) = x.epoch
    where x.charge is not null for share of a skip locked);

  select * into f from fuse for update;
  this_minute := date_trunc('minute', clock_timestamp());
  with credited as (
    update fuse_charges set counted = false where credited_at is not null and counted returning *
  ), by_minute as (
    select date_trunc('minute', c.at) as minute, c.currency, sum(c.minor) as minor from credited c
    where f.armed_at is null or c.at > f.armed_at group by 1, 2
  )
  update fuse_minutes m set spent_minor = m.spent_minor - b.minor from by_minute b
  where m.minute = b.minute and m.currency = b.currency;

  for asked in
    select x.n, x.id, x."userId" as user_id, (x.intent->>'tries')::int as tries, x.credit, c.*
    from jsonb_to_recordset(batch) as x (n int, id uuid, "userId" text, intent jsonb, credit boolean, charge jsonb)
    cross join jsonb_to_record(x.charge) as c (minor bigint, currency char(3), "maxHour" bigint, "maxMinute" int, rated boolean,
                                               "userHour" bigint, "userCount" int)
    where x.charge is not null
    order by x.n
  loop
    if not asked.id = any (mine) then
      left_out := left_out || to_jsonb(asked.n);
      continue;
    end if;
    if f.state = 'blown' then
      stops := stops || jsonb_build_object(asked.n, coalesce(f.reason, 'missing'));
      continue;
    end if;
    -- Charged by a commit that got no further.
    continue when exists (select from fuse_charges c where c.attempt_id = asked.id and c.tries = asked.tries);
    why := null;
    -- What this commit is about to credit makes room for what it charges.
    own := 0;
    if asked.credit then
      select coalesce(sum(c.minor), 0) into own from fuse_charges c
      where c.attempt_id = asked.id and c.tries <> asked.tries and c.credited_at is null and c.currency = asked.currency
        and c.at > greatest(f.armed_at, this_minute - interval '59 minutes');
    end if;
    if asked."userHour" is not null or asked."userCount" is not null then
      select coalesce(sum(c.minor) filter (where c.credited_at is null and c.currency = asked.currency), 0) as spent, count(*) as begun
      into of_user from fuse_charges c where c.user_id = asked.user_id and c.at > clock_timestamp() - interval '1 hour';
      why := case when of_user.spent - own + asked.minor > asked."userHour" then 'user_spend_per_hour'
                  when of_user.begun + 1 > asked."userCount" then 'user_bookings_per_hour' end;
    end if;
    if why is null then
      if in_currency is distinct from asked.currency then
        perform add_to_fuse(this_minute, in_currency, added, bookings_added);
        select coalesce(sum(m.spent_minor) filter (where m.currency = asked.currency), 0),
               coalesce(sum(m.bookings) filter (where m.minute = this_minute), 0)
          into spent, begun from fuse_minutes m where m.minute > this_minute - interval '1 hour';
        in_currency := asked.currency; added := 0; bookings_added := 0;
      end if;
      if spent + added - own + asked.minor > asked."maxHour" then
        -- A guess of what a currency is worth stops its own booking, and not everybody's.
        why := case when asked.rated is false then 'unrated_currency' else 'spend_per_hour' end;
      elsif begun + bookings_added + 1 > asked."maxMinute" then
        why := 'bookings_per_minute';
      end if;
      if why in ('spend_per_hour', 'bookings_per_minute') then
        perform blow_fuse(why);
        f.state := 'blown';
        f.reason := why;
      end if;
    end if;
    if why is not null then
      stops := stops || jsonb_build_object(asked.n, why);
      continue;
    end if;
    insert into fuse_charges (attempt_id, tries, user_id, at, minor, currency)
    values (asked.id, asked.tries, asked.user_id, clock_timestamp(), asked.minor, asked.currency);
    added := added + asked.minor;
    bookings_added := bookings_added + 1;
  end loop;
  perform add_to_fuse(this_minute, in_currency, added, bookings_added);
  return jsonb_build_object('stops', stops) || case when left_out = '[]' or alone then '{}'::jsonb else jsonb_build_object('left', left_out) end;
end $$;

create function add_to_fuse(in_minute timestamptz, in_currency char(3), minor bigint, bookings_added int) returns void language plpgsql as $$
begin
  if bookings_added > 0 then
    insert into fuse_minutes as m (minute, currency, spent_minor, bookings) values (in_minute, in_currency, minor, bookings_added)
      on conflict (minute, currency) do update set spent_minor = m.spent_minor + excluded.spent_minor, bookings = m.bookings + excluded.bookings;
  end if;
end $$;

-- Credits what was written, in its transaction and behind its fence. The intent of the same commit has its charge before it, and keeps it.
-- Only the attempt's own rows are touched: the next charge takes them out of the counts.
create function credit_attempts(batch jsonb, answers jsonb) returns void language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
begin
  update fuse_charges c set credited_at = clock_timestamp()
  from jsonb_to_recordset(batch) as x (n int, id uuid, credit boolean, intent jsonb)
  where x.credit and answers @> jsonb_build_array(jsonb_build_object('n', x.n))
    and c.attempt_id = x.id and c.credited_at is null
    and not coalesce(x.intent->>'step' = 'authorize' and (x.intent->>'tries')::int = c.tries, false);
end $$;
