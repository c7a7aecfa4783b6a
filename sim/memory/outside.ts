import type { Unwind } from '../../src/domain/attempt.ts';
import { tooLateToCancel } from '../../src/domain/turn-round.ts';
import type { AttemptDirectory, Found, KnownAttempt } from '../../src/services/booking/directory.ts';
import type { OrphanStore } from '../../src/services/booking/orphans.ts';
import type { StandingStore } from '../../src/services/reconciling/ports.ts';
import type { EventStore } from '../../src/services/webhooks/ports.ts';
import type { AttemptRow, Tables } from './tables.ts';

/** Storage in memory for all who come to an attempt from outside: webhooks, sweeps, vendors' lists, travellers. */

export function createMemoryDirectory(tables: Tables): AttemptDirectory {
  const nudge: AttemptDirectory['nudge'] = async ({ id, tripId, number }, why) => {
    tables.enqueue('book', { attemptId: id, tripId, number, nudge: why });
    tables.afterCommit();
  };
  return {
    async named({ attemptId, orderId, offerId, paymentIntentId }) {
      const named = [...tables.attempts.values()].filter(
        (one) =>
          (attemptId && one.id === attemptId) ||
          (orderId && one.order?.orderId === orderId) ||
          (offerId && one.offer?.offerId === offerId) ||
          (paymentIntentId && one.paymentIntentId === paymentIntentId),
      );
      const newest = named.sort((a, b) => b.startedAt - a.startedAt)[0];
      return newest && known(newest);
    },
    byIds: async (ids) =>
      ids.flatMap((id) => {
        const row = tables.attempts.get(id);
        return row ? [known(row)] : [];
      }),
    nudge,
    async resume(attempt, found, why) {
      const row = tables.attempts.get(attempt.id);
      if (row?.epoch !== attempt.epoch || row.status !== attempt.status) return false;
      const live = tables.liveAttempt(row.tripId);
      if (live && live !== row) return false;
      Object.assign(row, columnsOf(found), {
        status: 'PENDING',
        leaseUntil: null,
        epoch: row.epoch + 1,
        updatedAt: tables.now(),
      });
      const { id: attemptId, tripId } = row;
      const detail = { step: found.step, why };
      tables.audit({ tripId, attemptId, type: 'booking.reopened', detail, actor: 'worker' });
      await nudge(known(row), why);
      return true;
    },
    // In memory nothing is ever restored from a backup, so there is nothing to take in; Postgres is tested for it.
    adopt: async ({ tripId }) => (tables.trips.has(tripId) ? 'busy' : 'no_trip'),
  };
}

const known = ({
  id,
  tripId,
  number,
  status,
  step,
  epoch,
  correlationId,
  paymentIntentId,
  order,
}: AttemptRow): KnownAttempt => ({
  id,
  tripId,
  number,
  status,
  step,
  epoch,
  correlationId,
  paymentIntentId,
  orderId: order?.orderId ?? null,
});

const columnsOf = (found: Found): Partial<AttemptRow> =>
  found.step === 'void'
    ? { step: 'void', paymentIntentId: found.paymentIntentId }
    : { ...found, step: found.step };

export function createMemoryEvents(tables: Tables): EventStore {
  return {
    async keep({ provider, eventId, dedupeKey, refs }) {
      const seen = [...tables.events.values()].some(
        (one) => one.provider === provider && one.dedupeKey === dedupeKey,
      );
      if (seen || tables.events.has(eventId)) return;
      tables.events.set(eventId, {
        provider,
        eventId,
        dedupeKey,
        refs,
        receivedAt: tables.now(),
        outcome: null,
      });
      tables.enqueue('webhook', { provider, eventId });
      tables.afterCommit();
    },
    async find(_provider, eventId) {
      const event = tables.events.get(eventId);
      return event && { refs: event.refs, processed: event.outcome !== null };
    },
    async close(_provider, eventId, outcome) {
      const event = tables.events.get(eventId);
      if (event) event.outcome = outcome;
    },
  };
}

export function createMemoryStanding(tables: Tables): StandingStore {
  const live = () => [...tables.attempts.values()].filter(({ status }) => status === 'PENDING');
  return {
    async abandoned(idleMs, limit) {
      const now = tables.now();
      return live()
        .filter(({ leaseUntil, updatedAt }) =>
          leaseUntil === null ? updatedAt < now - idleMs : leaseUntil < now,
        )
        .slice(0, limit)
        .map(known);
    },
    unsent: async (staleMs, limit) =>
      [...tables.notifications.values()]
        .filter(({ sent, createdAt }) => !sent && createdAt < tables.now() - staleMs)
        .slice(0, limit)
        .map(({ id }) => ({ id, correlationId: null })),
    async resend({ id }, nudge) {
      tables.enqueue('notify', { notificationId: id, nudge });
      tables.afterCommit();
    },
    unlooked: async (staleMs, limit) =>
      [...tables.events.values()]
        .filter(({ outcome, receivedAt }) => outcome === null && receivedAt < tables.now() - staleMs)
        .slice(0, limit)
        .map(({ provider, eventId }) => ({ provider, eventId })),
    async lookAgain(event, nudge) {
      tables.enqueue('webhook', { ...event, nudge });
      tables.afterCommit();
    },
    stuck: async (ms, limit) =>
      live()
        .filter(({ startedAt }) => startedAt < tables.now() - ms)
        .slice(0, limit),
    async alertFuse() {},
    async alert({ id, tripId }, code) {
      tables.notify({ tripId, kind: 'ops_alert', dedupeKey: `ops_alert:${id}:${code}` });
      tables.afterCommit();
    },
  };
}

/** Whether a sweep of the reconciler would find anything. */
export function standsStill({ attempts, notifications, events, now }: Tables): boolean {
  const since = (at: number) => now() - at;
  for (const { status, leaseUntil, updatedAt, startedAt } of attempts.values())
    if (status === 'PENDING')
      if (leaseUntil === null ? since(updatedAt) > 75_000 : since(leaseUntil) > 0) return true;
      else if (since(startedAt) > 15 * 60_000) return true;
  for (const { sent, createdAt } of notifications.values())
    if (!sent && since(createdAt) > 60_000) return true;
  for (const { outcome, receivedAt } of events.values())
    if (outcome === null && since(receivedAt) > 60_000) return true;
  return false;
}

export function createMemoryOrphans(tables: Tables): OrphanStore {
  return {
    async announce({ providerId, kind, action }) {
      const known = tables.orphans.get(providerId);
      if (known) return known.outcome === null;
      tables.orphans.set(providerId, { kind, action, outcome: null });
      if (action === 'human') tables.blowFuse('invariant_breach');
      tables.notify({ tripId: null, kind: 'ops_alert', dedupeKey: `ops_alert:orphan:${providerId}` });
      tables.afterCommit();
      return true;
    },
    async settle(providerId, outcome) {
      const known = tables.orphans.get(providerId);
      if (known) known.outcome = outcome;
    },
  };
}

const CANCELLED: Unwind = { code: 'cancelled', message: 'You cancelled the trip.', to: 'cancelled' };

/** A traveller cancels, as services/trips/change.ts does it. @returns whether it was not too late */
export function cancelTrip(tables: Tables, tripId: string): boolean {
  const trip = tables.trip(tripId);
  if (trip.status !== 'PENDING' && trip.status !== 'BOOKING' && trip.status !== 'FAILED') return false;
  const live = trip.status === 'BOOKING' ? tables.liveAttempt(tripId) : undefined;
  if (live) {
    const orderOutcome = tables.step(live.id, 'order')?.outcome;
    const announced = tables.step(live.id, 'order') !== undefined;
    if (tooLateToCancel({ ...live, orderOutcome: announced ? orderOutcome : undefined })) return false;
    Object.assign(live, { epoch: live.epoch + 1, step: 'void', unwind: CANCELLED, leaseUntil: null });
    live.updatedAt = tables.now();
    tables.enqueue('book', { attemptId: live.id, tripId, number: live.number, nudge: `cancel${live.epoch}` });
  }
  const outcome = { code: 'cancelled', message: 'You cancelled this trip. Nothing was charged.' };
  tables.moveTrip(tripId, [trip.status], 'CANCELLED', { outcome, nextCheckAt: null });
  const attemptId = live?.id ?? null;
  tables.audit({ tripId, attemptId, type: 'trip.cancelled', actor: `user:${trip.userId}` });
  tables.afterCommit();
  return true;
}
