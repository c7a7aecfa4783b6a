-- What waits for a person is a view over attempts, cancellations, orphans, refunds and disputes. These tables hold what people do about
-- it: who took a case, what one person proposed and a second must confirm, and every action with its reason.

create table cases (
  case_id text primary key,
  kind text not null check (kind in ('attempt', 'cancellation', 'orphan', 'refund', 'dispute')),
  taken_by text,
  taken_at timestamptz,
  taken_version text,
  proposed_by text,
  proposed_at timestamptz,
  proposal jsonb
);
comment on table cases is 'Who deals with a case. Its id is that of the row that waits; without a row here the case is not taken.';
comment on column cases.taken_version is 'The case as it was taken; one that changed since must be taken again.';
comment on column cases.proposal is 'The action that a second person must confirm: {version, action, terms}.';

create table case_actions (
  id uuid primary key,
  case_id text not null references cases (case_id),
  version text not null,
  action text not null,
  terms jsonb not null default '{}',
  reason text not null,
  actor text not null,
  second_actor text,
  state text not null default 'ACCEPTED' check (state in ('ACCEPTED', 'DONE', 'FAILED')),
  outcome text,
  accepted_at timestamptz not null default now(),
  finished_at timestamptz,
  unique (case_id, version)
);
comment on table case_actions is 'What people decided about cases. One action a version: whoever decides on an older one is refused.';
comment on column case_actions.terms is 'What was stated with it: an order, an amount, that a loss is accepted, that there is no order.';
comment on column case_actions.state is 'DONE once handed to the saga or carried out; ACCEPTED while a job carries it out.';
create index case_actions_open on case_actions (accepted_at) where state = 'ACCEPTED';

-- What a person accepted for an attempt; its steps go by it.
alter table booking_attempts add column case_terms jsonb;
comment on column booking_attempts.case_terms is 'What a person accepted: {acceptsLoss?: {refundMinor}, capturesLate?: true}.';

create index booking_attempts_human on booking_attempts (updated_at) where status = 'NEEDS_HUMAN';
create index booking_attempts_looking_up on booking_attempts (id) where status = 'PENDING' and step = 'settle';
create index cancellations_human on cancellations (updated_at) where status = 'NEEDS_HUMAN';
create index orphans_human on orphans (found_at) where action = 'human' and outcome is null;

-- The API's own role sees one user's rows. Cases are read and decided by ops, whose queries run as parker_worker.
grant select, insert, update on cases, case_actions to parker_worker;
