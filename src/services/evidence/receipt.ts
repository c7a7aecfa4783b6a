import type { Kysely } from 'kysely';
import { chainedEntries } from '../../db/audit-chain.ts';
import { evidenceOf, moneyTrailOf } from '../../db/audits.ts';
import { asUser, type DB } from '../../db/client.ts';
import { formatMoney } from '../../domain/money.ts';
import type { FlightProvider } from '../../providers/duffel/index.ts';
import type { PaymentProvider } from '../../providers/stripe/index.ts';
import { ownTrip } from '../trips/read.ts';

export interface ReceiptDeps {
  readonly db: Kysely<DB>;
  readonly flights: Pick<FlightProvider, 'order'>;
  readonly payments: Pick<PaymentProvider, 'hold'>;
}

/** More entries than any trip has; a bound all the same. */
const MAX_ENTRIES = 1_000;

/** What each entry of the trail says of the money. An entry is only written once the provider has confirmed it. */
const MONEY_KINDS: Record<string, 'held' | 'ticketed' | 'charged' | 'released' | 'refunded' | 'given_back'> =
  {
    'payment.authorized': 'held',
    'order.created': 'ticketed',
    'order.adopted': 'ticketed',
    'payment.captured': 'charged',
    'payment.released': 'released',
    'payment.refunded': 'refunded',
    'order.cancelled': 'given_back',
    'booking.cancelled': 'refunded',
  };

/**
 * The decision receipt and the money timeline of a trip: every offer considered, its score and what stood against it, the
 * flags of that moment; what was held, ticketed, charged or released, and when; how both providers see it now; and the
 * chained entries behind it, so that anybody can check it offline with `npx parker verify <file>`.
 */
export async function readReceipt(deps: ReceiptDeps, userId: string, id: string) {
  const { trip, decisions, money, entries } = await asUser(deps.db, userId, async (trx) => ({
    trip: await ownTrip(trx, id),
    decisions: await evidenceOf(trx, id),
    money: await moneyTrailOf(trx, id, Object.keys(MONEY_KINDS)),
    entries: await chainedEntries(trx, { after: { chain: '', seq: 0 }, limit: MAX_ENTRIES, chain: id }),
  }));
  const latest = decisions.at(-1)?.evidence;
  const attempt = money.at(-1);
  return {
    tripId: id,
    outcome: trip.outcome,
    criteria: trip.criteria,
    maxPrice: formatMoney({ minor: trip.maxPriceMinor, currency: trip.currency }),
    rules: latest?.rules ?? null,
    selectedOfferId: trip.selectedOfferId,
    bestOfferId: latest?.chosen ?? null,
    offers: latest?.offers ?? [],
    decisions: decisions.map(({ at, type, attemptId, flags, evidence, seq, hash }) => ({
      at: at.toISOString(),
      type,
      attemptId,
      flags,
      seq,
      hash,
      ...evidence,
    })),
    money: {
      events: money.map(({ at, type, detail, attemptId }) => ({
        kind: MONEY_KINDS[type] as string,
        at: at.toISOString(),
        attemptId,
        amount: amountIn(detail),
      })),
      providers: attempt ? await askProviders(deps, attempt) : null,
    },
    evidence: {
      algorithm: 'sha256' as const,
      entries: entries.map(({ chain, seq, canonical, prevHash, hash }) => ({
        chain,
        seq,
        canonical,
        prevHash,
        hash,
      })),
    },
  };
}

/** `399.00 GBP`, under whichever of these names the entry has it. */
function amountIn(detail: unknown): string | null {
  const { amount, total, refunded } = detail as Record<string, string | undefined>;
  return amount ?? total ?? refunded ?? null;
}

/** How the providers see it at this moment; null for what could not be asked. */
async function askProviders(
  { flights, payments }: ReceiptDeps,
  { paymentIntentId, orderId }: { paymentIntentId: string | null; orderId: string | null },
) {
  const [hold, order] = await Promise.all([
    paymentIntentId ? payments.hold(paymentIntentId).catch(() => null) : null,
    orderId ? flights.order(orderId).catch(() => null) : null,
  ]);
  return {
    checkedAt: new Date().toISOString(),
    payment: hold && {
      status: hold.status,
      amount: formatMoney(hold.amount),
      captureBefore: hold.captureBefore?.toISOString() ?? null,
    },
    order: order && {
      status: order.cancelled ? ('cancelled' as const) : ('confirmed' as const),
      bookingReference: order.facts.bookingReference,
      total: formatMoney(order.facts.total),
    },
  };
}
