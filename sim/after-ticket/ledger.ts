import { stripeMinor } from '../ledger-money.ts';
import type { Vendors } from '../vendors/vendors.ts';

/** What the bank had refunded of a payment from that moment on, in minor units. */
export interface Moment {
  readonly at: number;
  /** With the cardholder. */
  readonly arrivedMinor: number;
  /** Arrived, or on its way. */
  readonly aliveMinor: number;
}

const NOTHING: Moment = { at: 0, arrivedMinor: 0, aliveMinor: 0 };
const ON_ITS_WAY = new Set(['pending', 'requires_action', 'succeeded']);

/** What the bank has refunded of a payment now. */
export function backOf({ payments }: Vendors, intentId: string, at = 0): Moment {
  let [arrivedMinor, aliveMinor] = [0, 0];
  for (const { payment_intent, status, amount, currency } of payments.refunds) {
    if (payment_intent !== intentId || !ON_ITS_WAY.has(status)) continue;
    aliveMinor += stripeMinor(amount, currency);
    if (status === 'succeeded') arrivedMinor += stripeMinor(amount, currency);
  }
  return { at, arrivedMinor, aliveMinor };
}

/** What was true of each payment's refunds, and when: what is said of them is held against it. */
export class RefundLedger {
  readonly #moments = new Map<string, Moment[]>();
  readonly #vendors: Vendors;

  constructor(vendors: Vendors) {
    this.#vendors = vendors;
  }

  /** Notes how the refunds stand after something happened at the vendors. */
  note(at: number): void {
    for (const id of new Set(this.#vendors.payments.refunds.map(({ payment_intent }) => payment_intent))) {
      const known = this.#moments.get(id) ?? [NOTHING];
      const now = backOf(this.#vendors, id, at);
      const last = known.at(-1);
      if (last?.arrivedMinor === now.arrivedMinor && last.aliveMinor === now.aliveMinor) continue;
      this.#moments.set(id, [...known, now]);
    }
  }

  /** How the refunds of a payment stood at some time since then. */
  since(intentId: string, from: number): readonly Moment[] {
    const all = this.#moments.get(intentId) ?? [NOTHING];
    const first = all.findLastIndex(({ at }) => at <= from);
    return all.slice(Math.max(0, first));
  }
}
