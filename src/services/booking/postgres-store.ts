import {
  claimAttempt,
  dropLease,
  intendStep,
  renewLease,
  settleStep,
  stepOf,
  updateFenced,
} from '../../db/attempts.ts';
import { audit } from '../../db/audits.ts';
import { completeSearch, insertOwnSearch } from '../../db/searches.ts';
import type { Change } from '../../domain/attempt-change.ts';
import { byAge } from '../../domain/search.ts';
import { Permanent } from '../../errors.ts';
import type { Cadence, Storage } from '../deps.ts';
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
  },
): AttemptStore {
  const { db, vault } = deps;
  return {
    claim: (attemptId) => claimAttempt(db, attemptId),
    renew: (attempt) => renewLease(db, attempt),
    release: (attempt) => dropLease(db, attempt),
    intend: (attempt, step, request, mode) =>
      db.transaction().execute((trx) => intendStep(trx, attempt, step, request, mode)),
    begun: async (attempt, step) => (await stepOf(db, attempt.id, step)) ?? null,

    async save(attempt, change) {
      const flags = change.events?.length ? await deps.snapshotFlags(attempt.userId) : undefined;
      await db.transaction().execute(async (trx) => {
        await updateFenced(trx, attempt, { step: change.step, ...columnsOf(change) });
        if (change.settle) await settleStep(trx, attempt.id, change.settle);
        await audit(trx, ...auditEntries(attempt, change.events ?? [], flags));
      });
      // The fence vouches that nobody changed the row meanwhile, so there is no need to read it again.
      return { ...attempt, step: change.step, ...change.patch };
    },

    async finish(attempt, ending) {
      const flags = await deps.snapshotFlags(attempt.userId);
      await db
        .transaction()
        .execute((trx) => finishAttempt(trx, attempt, ending, { flags, cadence: deps.cadence }));
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
}

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
