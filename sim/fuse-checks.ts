import type { PaymentIntent } from '../sandbox/stripe/types.ts';
import { inReference } from '../src/domain/reference-rates.ts';
import { demand } from './breach.ts';
import { stripeMinor } from './ledger-money.ts';
import type { Tables } from './memory/tables.ts';
import type { Vendors } from './vendors/vendors.ts';

interface FuseWorld {
  readonly tables: Tables;
  readonly vendors: Vendors;
  /** The most that may be reserved or captured in an hour, in pounds. */
  readonly spendPerHour: number;
}

/** What the bank holds or has taken. */
const live = ({ status }: PaymentIntent): boolean => status === 'requires_capture' || status === 'succeeded';

/** What it counts for. */
const pence = ({ amount, currency }: PaymentIntent): number =>
  inReference({ minor: stripeMinor(amount, currency), currency: currency.toUpperCase() }, 'GBP').minor;

/** F2: no more is reserved and captured within an hour than the fuse allows. */
export function withinFuse({ vendors, spendPerHour }: FuseWorld): void {
  const hourAgo = vendors.payments.unix() - 3_600;
  const reserved = [...vendors.payments.intents.values()]
    .filter((intent) => live(intent) && intent.created > hourAgo && !vendors.theirs.has(intent.id))
    .reduce((sum, intent) => sum + pence(intent), 0);
  const most = spendPerHour * 100;
  demand(reserved <= most, 'F2', () => `${reserved} reserved within an hour, ${most} allowed`);
}

/** F3: what the fuse counts is what the bank holds or has taken, once nothing moves; a person may decide on the rest. */
export function fuseAtRest({ tables, vendors }: FuseWorld): void {
  const intents = [...vendors.payments.intents.values()].filter(
    (intent) => live(intent) && !vendors.theirs.has(intent.id),
  );
  for (const { id, status } of tables.attempts.values()) {
    if (status === 'NEEDS_HUMAN') continue;
    const charges = tables.fuse.charges.filter(({ attemptId, credited }) => attemptId === id && !credited);
    const counted = charges.reduce((sum, { amount }) => sum + amount.minor, 0);
    const held = intents
      .filter(({ metadata }) => metadata.attempt_id === id)
      .reduce((sum, intent) => sum + pence(intent), 0);
    demand(counted === held, 'F3', () => `${counted} counted for an attempt of which ${held} is reserved`);
  }
}
