-- A card that its traveller removed is marked first, and its row goes once the payment provider has confirmed that it keeps no card.
alter table payment_methods add column removed_at timestamptz;
comment on column payment_methods.removed_at is 'Its traveller removed it; the payment provider may still keep the card.';
create index payment_methods_removed on payment_methods (removed_at, id) where removed_at is not null;
