import {
  claimAttempt,
  dropLease,
  intendStep,
  renewLease,
  settleStep,
  stepOf,
  updateFenced,
} from '../../db/attempts.ts';
import { audit, QUIET } from '../../db/audits.ts';
import type { Trx } from '../../db/client.ts';
import { chargeFuse, countUnknown, type FuseLimits, fuseReason } from '../../db/fuse.ts';
import { completeSearch, insertOwnSearch } from '../../db/searches.ts';
import { noteOutcome } from '../../db/trips.ts';
import type { Attempt, MoneyStep } from '../../domain/attempt.ts';
import type { Change } from '../../domain/attempt-change.ts';
import { type Money, minorDigits } from '../../domain/money.ts';
import type { Offer } from '../../domain/offer.ts';
import { byAge } from '../../domain/search.ts';
import { Permanent } from '../../errors.ts';
import type { Cadence, Storage } from '../deps.ts';
import { alertBlown, FUSE_BLOWN } from '../fuse.ts';
import type { Traveler } from '../travelers.ts';
import type { Vault } from '../vault.ts';
import { auditEntries } from './audit-entries.ts';
import { finishAttempt } from './finish.ts';
import type { AttemptStore } from './ports.ts';

/** The saga's storage on Postgres. State, audit and outbox commit together; nothing here calls a vendor. */
export function createPostgresStore(
  deps: Storage & {
    vault: Vault;
    snapshotFlags: (userId: string) => Promise<Record<string, boolean>>;
    cadence: Cadence;
    fuse: FuseLimits;
    /** How long a claim lasts unless renewed. */
    claimMs: number;
  },
): AttemptStore {
  const { db, vault, claimMs } = deps;
  return {
    claim: (attemptId) => claimAttempt(db, attemptId, claimMs),
    renew: (attempt) => renewLease(db, attempt, claimMs),
    release: (attempt) => dropLease(db, attempt),
    begun: async (attempt, step) => (await stepOf(db, attempt.id, step)) ?? null,

    async intend(attempt, step, request, mode) {
      return db.transaction().execute(async (trx) => {
        const intent = await intendStep(trx, attempt, step, request, mode, claimMs, (fresh) =>
          askFuse(trx, attempt, step, fresh),
        );
        if (intent.stop) await alertBlown(trx);
        return intent;
      });
    },

    async save(attempt, change) {
      const flags = change.events?.length ? await deps.snapshotFlags(attempt.userId) : undefined;
      await db.transaction().execute(async (trx) => {
        // The trip's row before the attempt's, as everywhere: the other way round two transactions could wait for each other.
        if (change.outcome) await noteOutcome(trx, attempt.tripId, change.outcome);
        await updateFenced(trx, attempt, { step: change.step, ...columnsOf(change) });
        if (change.settle) await settleStep(trx, attempt.id, change.settle);
        const events = change.events?.length
          ? change.events
          : [{ type: QUIET, detail: { step: change.step } }];
        await audit(trx, ...auditEntries(attempt, events, flags));
        if (change.settle?.outcome === 'unknown' && (await countUnknown(trx, deps.fuse.unknownsPerHour)))
          await alertBlown(trx);
      });
      // The fence vouches that nobody changed the row meanwhile, so there is no need to read it again.
      return { ...attempt, step: change.step, ...change.patch };
    },

    async finish(attempt, ending) {
      const flags = await deps.snapshotFlags(attempt.userId);
      const context = { flags, cadence: deps.cadence, now: new Date() };
      await db.transaction().execute((trx) => finishAttempt(trx, attempt, ending, context));
      deps.afterCommit();
    },

    async keepOffers(attempt, result) {
      const { tripId } = attempt;
      const { searchKey } = attempt.trip;
      await db.transaction().execute(async (trx) => {
        const id = await insertOwnSearch(trx, searchKey, tripId);
        await completeSearch(trx, { id, searchKey, tripId }, result);
      });
    },

    async payer({ tripId }) {
      const row = await db
        .selectFrom('tripRequests as t')
        .innerJoin('users as u', 'u.userId', 't.userId')
        .leftJoin('paymentMethods as p', (join) =>
          join.onRef('p.id', '=', 't.paymentMethodId').onRef('p.userId', '=', 't.userId'),
        )
        .select(['u.stripeCustomerId', 'p.stripePaymentMethodId'])
        .where('t.id', '=', tripId)
        .executeTakeFirst();
      if (!row?.stripeCustomerId) return null;
      return { customerId: row.stripeCustomerId, paymentMethodId: row.stripePaymentMethodId };
    },

    async passengers({ tripId, userId, offer }) {
      const rows = await db
        .selectFrom('travelers')
        .innerJoin('tripRequests as t', (join) => join.onTrue())
        .select(['travelers.id', 'travelers.pii'])
        .where('t.id', '=', tripId)
        .where('travelers.userId', '=', userId)
        .whereRef('travelers.id', '=', (eb) => eb.fn.any('t.travelerIds'))
        .execute();
      const travelers = await Promise.all(rows.map((row) => vault.open<Traveler>(db, userId, row.pii)));
      if (travelers.length !== offer?.passengers.length)
        throw new Permanent('travelers_missing', 'a traveller of the trip no longer exists');
      return byAge(travelers);
    },
  };

  /** A hold is charged to the fuse before it is asked for; an order asks whether the fuse still stands. */
  async function askFuse(trx: Trx, { offer }: Attempt, step: MoneyStep, fresh: boolean) {
    if (step !== 'authorize' && step !== 'order') return null;
    const { price } = offer as Offer;
    const { fuse } = deps;
    const why =
      step === 'order' || !fresh
        ? await fuseReason(trx)
        : await chargeFuse(trx, price, inMinor(fuse.spendPerHour, price), fuse.bookingsPerMinute);
    return why === null ? null : FUSE_BLOWN;
  }
}

const inMinor = (major: number, { currency }: Money): number => major * 10 ** minorDigits(currency);

function columnsOf({ patch = {} }: Change) {
  const { offer, order, ...rest } = patch;
  return {
    ...rest,
    ...(offer && {
      offer,
      offerId: offer.offerId,
      amountMinor: offer.price.minor,
      currency: offer.price.currency,
    }),
    ...(order && { orderFacts: order, orderId: order.orderId }),
  };
}
