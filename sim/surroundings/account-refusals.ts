import { problem } from '../../sandbox/duffel/errors.ts';
import { AccountTrouble } from '../../src/errors.ts';
import type { AccountTroubleStore } from '../../src/ports/storage/account-troubles.ts';
import {
  classifyOrderError,
  classifyReadFailure,
  describeFailure,
} from '../../src/providers/duffel/errors.ts';
import { toError } from '../../src/providers/stripe/errors.ts';
import { demand } from '../breach.ts';
import type { VirtualTime } from '../virtual-time.ts';
import type { AccountRefusal } from './plan.ts';

/** A pause is twice as long as the one before it, and no refusal prolongs it. docs/decisions/0023. */
const FIRST_PAUSE_MS = 60_000;
const LONGEST_PAUSE_MS = 15 * 60_000;
/** How soon every worker knows of it. */
const KNOWN_WITHIN_MS = 2_000;
/** What a key without permissions may not do. */
const FORBIDDEN = new Set([
  'flights.createOrder',
  'flights.confirmCancellation',
  'payments.authorize',
  'payments.capture',
  'payments.void',
  'payments.refund',
]);
const NEW_MONEY = new Set(['payments.authorize', 'flights.createOrder']);

type Vendor = AccountRefusal['vendor'];

/** Vendors that refuse our own account for a while: a rotated key, a lost permission. */
export class AccountRefusals {
  readonly #refusals: readonly AccountRefusal[];
  readonly #time: VirtualTime;
  readonly #startedAt: number;
  readonly #store: AccountTroubleStore;
  /** By vendor: its newest pause. No run lasts for the hour of quiet after which they are counted anew. */
  readonly #pauses = new Map<
    Vendor,
    { readonly number: number; readonly from: number; readonly until: number }
  >();

  constructor(refusals: readonly AccountRefusal[], time: VirtualTime, store: AccountTroubleStore) {
    this.#refusals = refusals;
    this.#time = time;
    this.#startedAt = time.now;
    this.#store = store;
  }

  /** @throws AccountTrouble while the vendor of this call, such as `payments.capture`, refuses us */
  pass(call: string): void {
    const vendor = vendorOf(call);
    const refusal = this.#refusals.find((one) => one.vendor === vendor && this.#isOn(one, call));
    if (!refusal) return;
    const error = failureOf(call, refusal);
    if (error instanceof AccountTrouble) {
      this.#pause(refusal.vendor);
      void this.#store.record(error);
    }
    throw error;
  }

  #pause(vendor: Vendor): void {
    const from = this.#time.now;
    const { number, until } = this.#pauses.get(vendor) ?? { number: 0, until: Number.NEGATIVE_INFINITY };
    if (from < until) return;
    const ms = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** number);
    this.#pauses.set(vendor, { number: number + 1, from, until: from + ms });
  }

  /** T1: nothing new begins while a vendor is known to refuse us. */
  check(call: string): void {
    if (!NEW_MONEY.has(call)) return;
    const { now } = this.#time;
    for (const [vendor, { from, until }] of this.#pauses) {
      const paused = now > from + KNOWN_WITHIN_MS && now < until;
      demand(!paused, 'T1', () => `${call} though ${vendor} has refused our account for ${now - from} ms`);
    }
  }

  /** Vendors for which new bookings pause at least until now. */
  get paused(): readonly Vendor[] {
    return this.met.filter((vendor) => this.#time.now < (this.#pauses.get(vendor)?.until ?? 0));
  }

  /** Vendors that have refused us. */
  get met(): readonly Vendor[] {
    return [...this.#pauses.keys()];
  }

  #isOn({ from, until, status }: AccountRefusal, call: string): boolean {
    const at = this.#time.now - this.#startedAt;
    return at >= from && at < until && (status === 401 || FORBIDDEN.has(call));
  }
}

const vendorOf = (call: string): Vendor | null => {
  if (call.startsWith('flights.')) return 'duffel';
  return call.startsWith('payments.') ? 'stripe' : null;
};

/** The refusal, classified as our adapters classify it. */
function failureOf(call: string, { vendor, status }: AccountRefusal): Error {
  if (vendor === 'stripe')
    return toError({ kind: 'account', code: status === 401 ? 'api_key_expired' : 'stripe_403' });
  const code = status === 401 ? 'invalid_access_token' : 'insufficient_permissions';
  const { body } = problem(status, 'authentication_error', code, 'No.');
  const failure = describeFailure(status, body, null);
  return call === 'flights.createOrder' ? classifyOrderError(failure) : classifyReadFailure(failure);
}
