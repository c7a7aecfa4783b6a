import { randomUUID } from 'node:crypto';
import { createMemoryAttemptDirectory } from '../../sim/memory/attempt-directory.ts';
import { createMemoryAttemptHistory } from '../../sim/memory/attempt-history.ts';
import { createMemoryAttempts } from '../../sim/memory/attempts.ts';
import { createMemoryFuse } from '../../sim/memory/fuse.ts';
import { Tables } from '../../sim/memory/tables.ts';
import { type Base, createBase } from '../../src/app/base.ts';
import { systemClock } from '../../src/app/system-clock.ts';
import { startAttempt } from '../../src/db/start-attempt.ts';
import { createAttemptDirectoryStore } from '../../src/db/stores/attempt-directory.ts';
import { createAttemptHistory } from '../../src/db/stores/attempt-history.ts';
import { createAttemptStore } from '../../src/db/stores/attempts.ts';
import { createFuseStore } from '../../src/db/stores/fuse.ts';
import {
  type Attempt,
  type AttemptOutcome,
  type AttemptPatch,
  CLAIM_MS,
  type StepName,
} from '../../src/domain/attempt.ts';
import type { EventType } from '../../src/domain/event-types.ts';
import type { Money } from '../../src/domain/money.ts';
import type { Offer } from '../../src/domain/offer.ts';
import type { AttemptDirectoryStore } from '../../src/ports/storage/attempt-directory.ts';
import type { AttemptHistory } from '../../src/ports/storage/attempt-history.ts';
import type { AttemptEnd, AttemptStore } from '../../src/ports/storage/attempts.ts';
import type { FuseStore } from '../../src/ports/storage/fuse.ts';
import type { FuseLimits } from '../../src/ports/storage/fuse-check.ts';
import type { BookingPorts } from '../../src/services/booking/ports.ts';
import { next } from '../../src/services/booking/results.ts';
import { bookingSaga } from '../../src/services/booking/saga.ts';
import { attemptStart } from '../../src/services/booking/start.ts';
import { openSession, type SagaSession } from '../../src/services/saga/session.ts';
import type { NextStep } from '../../src/services/saga/step.ts';
import { createHarness, type Harness } from './harness.ts';

/** What the saga relies on, whichever storage it runs on: one suite for both, so that they can't drift apart. */
export interface AttemptStorage {
  readonly store: AttemptStore;
  readonly directory: AttemptDirectoryStore;
  readonly history: AttemptHistory;
  readonly fuse: Pick<FuseStore, 'userAtLimit'>;
  /** A trip being booked, of somebody, or of this user. @returns ids of trip and attempt */
  startAttempt(who?: string): Promise<{ tripId: string; attemptId: string }>;
  /** As if the claim's worker had been silent for as long as it lasts. */
  lapse(attemptId: string): Promise<void>;
  tripStatus(tripId: string): Promise<string>;
  auditLog(tripId: string): Promise<string[]>;
  /** The kinds of notification that are stored for a trip. */
  notified(tripId: string): Promise<string[]>;
  arm(): Promise<void>;
  close(): Promise<void>;
}

const SCHEDULE = { watchIntervalMs: 60_000, freshnessMs: 30_000 };
const LOOSE: FuseLimits = {
  currency: 'GBP',
  spendPerHour: 1e9,
  bookingsPerMinute: 1e6,
  unknownsPerHour: 1e6,
  userSpendPerHour: null,
  userBookingsPerHour: null,
};
export const offer = (): Offer => ({
  provider: 'duffel',
  offerId: `off_${randomUUID()}`,
  price: { minor: 40_000, currency: 'GBP' },
  expiresAt: null,
  airline: 'ZZ',
  airlineName: 'Duffel Airways',
  slices: [],
  passengers: [],
  checkedBags: 0,
  refundable: true,
  baseMinor: null,
  taxMinor: null,
});

async function onPostgres(): Promise<AttemptStorage> {
  const harness: Harness = await createHarness({ queues: [] });
  const base: Base = await createBase(harness.config, 'parker_worker');
  const { db } = base;
  const somebody = await harness.user();
  return {
    store: createAttemptStore(db, { claimMs: CLAIM_MS }),
    directory: createAttemptDirectoryStore(base),
    history: createAttemptHistory(base),
    fuse: createFuseStore({ db }),
    async startAttempt(who) {
      const user = who ? await harness.user(who) : somebody;
      const { id: tripId } = await user.trip();
      const attemptId = await db.transaction().execute((trx) =>
        startAttempt(
          trx,
          attemptStart({
            tripId,
            userId: user.sub,
            correlationId: 'contract',
            now: new Date(),
            wantedFare: null,
            selectedOfferId: 'off',
            actor: 'worker',
            detail: {},
          }),
        ),
      );
      return { tripId, attemptId: attemptId as string };
    },
    async lapse(attemptId) {
      await harness.database.query(
        `update booking_attempts set lease_until = now() - interval '1 second' where id = $1`,
        [attemptId],
      );
    },
    async tripStatus(tripId) {
      const [row] = await harness.database.query<{ s: string }>(
        'select auto_book_status s from trip_requests where id = $1',
        [tripId],
      );
      return row?.s ?? '';
    },
    async auditLog(tripId) {
      const rows = await harness.database.query<{ type: string }>(
        'select type from booking_audits where trip_id = $1 and attempt_id is not null order by seq',
        [tripId],
      );
      return rows.map(({ type }) => type);
    },
    async notified(tripId) {
      const rows = await harness.database.query<{ kind: string }>(
        'select kind from notifications where trip_id = $1 order by created_at',
        [tripId],
      );
      return rows.map(({ kind }) => kind);
    },
    async arm() {
      await harness.database.query(`update fuse set state = 'armed', reason = null`);
      await harness.database.query('delete from fuse_minutes');
    },
    async close() {
      await base.close();
      await harness.stop();
    },
  };
}

async function inMemory(): Promise<AttemptStorage> {
  let now = Date.now();
  const tables = new Tables({ now: () => now, newId: randomUUID });
  return {
    store: createMemoryAttempts(tables),
    directory: createMemoryAttemptDirectory(tables),
    history: createMemoryAttemptHistory(tables),
    fuse: createMemoryFuse(tables),
    async startAttempt(userId = 'user') {
      const id = randomUUID();
      const mandate = { minor: 42_000, currency: 'GBP' };
      const outcome = { code: 'fits', message: '' };
      tables.trips.set(id, {
        id,
        userId,
        status: 'PENDING',
        outcome,
        searchKey: 'key',
        searchParams: {
          origin: 'LHR',
          destination: 'JFK',
          departureDate: '2099-01-01',
          returnDate: null,
          cabin: 'economy',
          passengers: [],
        },
        criteria: {},
        mandate,
        autoBook: true,
        selectedOfferId: null,
        nextCheckAt: now,
        notifiedFare: null,
        watchUntil: now + 1e9,
        customerId: 'cus',
        paymentMethodId: 'pm',
        correlationId: 'contract',
        travelerIds: [],
        consent: null,
        createdAt: now,
        updatedAt: now,
      });
      tables.startAttempt(
        attemptStart({
          tripId: id,
          userId,
          correlationId: 'contract',
          now: new Date(now),
          wantedFare: null,
          selectedOfferId: 'off',
          actor: 'worker',
          detail: {},
        }),
      );
      return { tripId: id, attemptId: tables.liveAttempt(id)?.id as string };
    },
    async lapse() {
      now += 21_000;
    },
    tripStatus: async (tripId) => tables.trip(tripId).status,
    auditLog: async (tripId) =>
      tables.audits.filter((one) => one.tripId === tripId && one.attemptId).map(({ type }) => type),
    notified: async (tripId) =>
      [...tables.notifications.values()].filter((one) => one.tripId === tripId).map(({ kind }) => kind),
    async arm() {
      Object.assign(tables.fuse, { reason: null, blownAt: null, charges: [], unknowns: [] });
    },
    close: async () => undefined,
  };
}

/** The storages that the suites of attempts run against, so that they can't drift apart. */
export const ATTEMPT_STORAGES = [
  { name: 'Postgres', open: onPostgres },
  { name: 'memory', open: inMemory },
] as const;

type Session = SagaSession<Attempt, StepName, AttemptPatch, AttemptEnd>;

/** An attempt that a worker has claimed. */
export interface Held {
  readonly attempt: Attempt;
  readonly session: Session;
}

export const step = (...args: Parameters<typeof next>) => next(...args) as NextStep<StepName, AttemptPatch>;
/** Types that only these suites write. */
export const event = (type: string) => ({ type: type as EventType });

/** What workers do with attempts of one storage. */
export function workersOn(storage: AttemptStorage) {
  /** An attempt that a worker has session. */
  interface Held {
    readonly attempt: Attempt;
    readonly session: Session;
  }
  /** The saga's ports, as far as a session needs them. */
  const portsOf = (fuse: Partial<FuseLimits> = {}): BookingPorts =>
    ({
      store: storage.store,
      clock: systemClock,
      flagsOf: async () => ({}),
      alertFuse: async () => undefined,
      settings: { claimMs: CLAIM_MS, fuse: { ...LOOSE, ...fuse }, schedule: SCHEDULE },
    }) as unknown as BookingPorts;
  const claim = async (attemptId: string, fuse: Partial<FuseLimits> = {}): Promise<Held> => {
    const ports = portsOf(fuse);
    const opened = await openSession<Attempt, StepName, AttemptPatch, AttemptEnd>(
      ports,
      bookingSaga.rules(ports),
      attemptId,
    );
    const session = opened as Session;
    // No test here takes as long as a renewal.
    session.close();
    return { attempt: session.subject, session };
  };
  const finish = ({ attempt, session }: Held, outcome: AttemptOutcome) =>
    session.finish(attempt, bookingSaga.endOf(attempt, outcome, portsOf()));
  /** An attempt that has come as far as it needs to for this. */
  async function ready(
    fuse: Partial<FuseLimits> = {},
    { who, price = offer().price }: { who?: string; price?: Money } = {},
  ): Promise<Held> {
    const { attemptId } = await storage.startAttempt(who);
    const { attempt, session } = await claim(attemptId, fuse);
    const order = {
      orderId: `ord_${attempt.id}`,
      bookingReference: 'ABC234',
      total: price,
      ticketNumbers: ['1'],
    };
    const moved = await session.advance(
      attempt,
      step('settle', {
        patch: { offer: { ...offer(), price }, order, paymentIntentId: `pi_${attempt.id}` },
        events: [{ type: 'order.created' }],
      }),
    );
    return { attempt: moved, session };
  }
  return { claim, finish, ready };
}
