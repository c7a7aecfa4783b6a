import { randomUUID } from 'node:crypto';
import { createMemoryAttemptDirectory } from '../../sim/memory/attempt-directory.ts';
import { createMemoryFuse } from '../../sim/memory/fuse.ts';
import { createMemoryNotifications } from '../../sim/memory/notifications.ts';
import { createMemoryOrphans } from '../../sim/memory/orphans.ts';
import { createMemoryStuckWork } from '../../sim/memory/stuck-work.ts';
import { Tables } from '../../sim/memory/tables.ts';
import { createMemoryWatch } from '../../sim/memory/watch.ts';
import { createMemoryWebhookEvents } from '../../sim/memory/webhook-events.ts';
import { openDatabase } from '../../src/db/client/index.ts';
import { createAttemptDirectoryStore } from '../../src/db/stores/attempt-directory.ts';
import { createFuseStore } from '../../src/db/stores/fuse.ts';
import { createNotificationStore } from '../../src/db/stores/notifications.ts';
import { createOrphanStore } from '../../src/db/stores/orphans.ts';
import { createStuckWorkStore } from '../../src/db/stores/stuck-work.ts';
import { createWatchStore } from '../../src/db/stores/watch.ts';
import { createWebhookEventStore } from '../../src/db/stores/webhook-events.ts';
import { type AttemptStatus, NEW_ATTEMPT } from '../../src/domain/attempt.ts';
import type { SearchParams } from '../../src/domain/search.ts';
import type { Outcome, TripStatus } from '../../src/domain/trip.ts';
import type { AttemptDirectoryStore } from '../../src/ports/storage/attempt-directory.ts';
import type { FuseStore } from '../../src/ports/storage/fuse.ts';
import type { NotificationWriter } from '../../src/ports/storage/notifications.ts';
import type { OrphanStore } from '../../src/ports/storage/orphans.ts';
import type { StuckWorkStore } from '../../src/ports/storage/stuck-work.ts';
import type { WatchStore } from '../../src/ports/storage/watch.ts';
import type { WebhookEventStore } from '../../src/ports/storage/webhook-events.ts';
import { createDatabase } from './database.ts';

/** The stores of one storage, with what a contract suite needs to set the scene and to see what was stored. */
export interface ContractStorage {
  readonly watch: WatchStore;
  readonly events: WebhookEventStore;
  readonly stuckWork: StuckWorkStore;
  readonly orphans: OrphanStore;
  readonly directory: AttemptDirectoryStore;
  readonly notifications: NotificationWriter;
  readonly fuse: Pick<FuseStore, 'reason'>;
  now(): Date;
  /** As if so much time had passed since everything that is stored. */
  timePasses(ms: number): Promise<void>;
  /** A watched trip, due now, unless told otherwise. */
  addTrip(trip: ContractTrip): Promise<{ id: string; userId: string }>;
  trip(id: string): Promise<{ status: TripStatus; outcome: Outcome; nextCheckAt: Date | null }>;
  addAttempt(tripId: string, status?: AttemptStatus): Promise<string>;
  /** As if a worker had claimed it for so long. */
  claimAttempt(id: string, leaseMs: number): Promise<void>;
  finishAttempt(id: string): Promise<void>;
  /** As if a worker had claimed it for so long, to send it. */
  claimNotification(dedupeKey: string, leaseMs: number): Promise<void>;
  closeNotification(dedupeKey: string): Promise<void>;
  auditLog(tripId: string): Promise<{ type: string; actor: string }[]>;
  notificationKeys(): Promise<string[]>;
  jobs(): Promise<{ name: string; payload: Record<string, unknown>; correlationId: string | null }[]>;
  close(): Promise<void>;
}

export interface ContractTrip {
  readonly searchKey: string;
  readonly userId?: string;
  readonly status?: TripStatus;
  readonly capMinor?: number;
  /** Milliseconds from now. */
  readonly dueInMs?: number;
  readonly departsInMs?: number;
  readonly departureDate?: string;
}

/** The storages that each contract suite runs against, so that they can't drift apart. */
export const STORAGES = [
  { name: 'Postgres', open: onPostgres },
  { name: 'memory', open: inMemory },
] as const;

export const WAITING: Outcome = { code: 'waiting_for_first_search', message: 'We look for the first time.' };
const FAR_MS = 30 * 24 * 3_600_000;

const paramsOf = ({ departureDate = '2099-01-01' }: ContractTrip): SearchParams => ({
  origin: 'LHR',
  destination: 'JFK',
  departureDate,
  returnDate: null,
  cabin: 'economy',
  passengers: [{ type: 'adult' }],
});

/** Every instant that a store compares with the present. */
const INSTANTS = {
  trip_requests: ['next_check_at', 'watch_until'],
  searches: ['lease_until'],
  watches: ['asked_at'],
  booking_attempts: ['lease_until', 'started_at', 'updated_at'],
  notifications: ['lease_until', 'created_at'],
  webhook_events: ['received_at'],
};

async function onPostgres(): Promise<ContractStorage> {
  const scratch = await createDatabase();
  const database = openDatabase(scratch.url, 'parker_worker', { max: 8, onError: () => undefined });
  const change = async (text: string, values: unknown[]) => void (await scratch.query(text, values));
  const one = async <T extends object>(text: string, values: unknown[]) =>
    (await scratch.query<T>(text, values))[0] as T;
  return {
    watch: createWatchStore(database),
    events: createWebhookEventStore(database),
    stuckWork: createStuckWorkStore(database),
    orphans: createOrphanStore(database),
    directory: createAttemptDirectoryStore(database),
    notifications: createNotificationStore(database),
    fuse: createFuseStore(database),
    now: () => new Date(),
    async timePasses(ms) {
      for (const [table, columns] of Object.entries(INSTANTS)) {
        const set = columns.map((column) => `${column} = ${column} - $1 * interval '1 millisecond'`).join();
        await change(`update ${table} set ${set}`, [ms]);
      }
    },
    async addTrip(trip) {
      const { searchKey, userId = 'user', status = 'PENDING', capMinor = 42_000 } = trip;
      const params = paramsOf(trip);
      await change(`insert into users (user_id, data_key) values ($1, '') on conflict do nothing`, [userId]);
      return one<{ id: string; userId: string }>(
        `insert into trip_requests (user_id, auto_book_enabled, auto_book_status, origin, destination, departure_date, cabin,
           traveler_ids, max_price_minor, currency, consent, search_key, search_params, next_check_at, watch_until, outcome, correlation_id)
         values ($1, true, $2, 'LHR', 'JFK', $3, 'economy', '{}', $4, 'GBP', 'true', $5, $6, now() + $7 * interval '1 millisecond',
           now() + $8 * interval '1 millisecond', $9, 'contract') returning id, user_id as "userId"`,
        [
          userId,
          status,
          params.departureDate,
          capMinor,
          searchKey,
          JSON.stringify(params),
          trip.dueInMs ?? -1,
          trip.departsInMs ?? FAR_MS,
          JSON.stringify(WAITING),
        ],
      );
    },
    trip: (id) =>
      one(
        `select auto_book_status as status, outcome, next_check_at as "nextCheckAt" from trip_requests where id = $1`,
        [id],
      ),
    async addAttempt(tripId, status = 'PENDING') {
      const { id } = await one<{ id: string }>(
        `insert into booking_attempts (trip_id, user_id, number, idempotency_key, deadline, correlation_id, status)
         select id, user_id, (select count(*) + 1 from booking_attempts where trip_id = $1), gen_random_uuid(), now(), 'contract', $2
         from trip_requests where id = $1 returning id`,
        [tripId, status],
      );
      return id;
    },
    claimAttempt: (id, ms) =>
      change(
        `update booking_attempts set lease_until = now() + $2 * interval '1 millisecond' where id = $1`,
        [id, ms],
      ),
    finishAttempt: (id) =>
      change(`update booking_attempts set status = 'SUCCESS', lease_until = null where id = $1`, [id]),
    claimNotification: (key, ms) =>
      change(
        `update notifications set lease_until = now() + $2 * interval '1 millisecond' where dedupe_key = $1`,
        [key, ms],
      ),
    closeNotification: (key) =>
      change(`update notifications set status = 'SENT', lease_until = null where dedupe_key = $1`, [key]),
    auditLog: (tripId) =>
      scratch.query('select type, actor from booking_audits where trip_id = $1 order by seq', [tripId]),
    async notificationKeys() {
      const rows = await scratch.query<{ key: string }>('select dedupe_key as key from notifications');
      return rows.map(({ key }) => key);
    },
    jobs: () =>
      scratch.query(`select name, payload, correlation_id as "correlationId" from outbox order by id`),
    async close() {
      await database.close();
      await scratch.drop();
    },
  };
}

async function inMemory(): Promise<ContractStorage> {
  let now = Date.now();
  const tables = new Tables({ now: () => now, newId: randomUUID });
  const change = (row: object | undefined, set: object) => void Object.assign(row as object, set);
  return {
    watch: createMemoryWatch(tables),
    events: createMemoryWebhookEvents(tables),
    stuckWork: createMemoryStuckWork(tables),
    orphans: createMemoryOrphans(tables),
    directory: createMemoryAttemptDirectory(tables),
    notifications: createMemoryNotifications(tables),
    fuse: createMemoryFuse(tables),
    now: () => new Date(now),
    async timePasses(ms) {
      now += ms;
    },
    async addTrip(trip) {
      const { searchKey, userId = 'user', status = 'PENDING', capMinor = 42_000 } = trip;
      const id = randomUUID();
      tables.trips.set(id, {
        id,
        userId,
        status,
        outcome: WAITING,
        searchKey,
        searchParams: paramsOf(trip),
        criteria: {},
        mandate: { minor: capMinor, currency: 'GBP' },
        autoBook: true,
        selectedOfferId: null,
        nextCheckAt: now + (trip.dueInMs ?? -1),
        notifiedFare: null,
        watchUntil: now + (trip.departsInMs ?? FAR_MS),
        customerId: 'cus',
        paymentMethodId: null,
        correlationId: 'contract',
        travelerIds: [],
        consent: null,
        createdAt: now,
        updatedAt: now,
      });
      return { id, userId };
    },
    async trip(id) {
      const { status, outcome, nextCheckAt } = tables.trip(id);
      return { status, outcome, nextCheckAt: nextCheckAt === null ? null : new Date(nextCheckAt) };
    },
    async addAttempt(tripId, status = 'PENDING') {
      const id = randomUUID();
      tables.attempts.set(id, {
        id,
        tripId,
        userId: tables.trip(tripId).userId,
        number: tables.attemptsOf(tripId).length + 1,
        ...NEW_ATTEMPT,
        status,
        deadline: new Date(now),
        wantedItinerary: null,
        wantedFare: null,
        correlationId: 'contract',
        leaseUntil: null,
        resumeAt: null,
        startedAt: now,
        updatedAt: now,
        errorCode: null,
      });
      return id;
    },
    claimAttempt: async (id, ms) => change(tables.attempts.get(id), { leaseUntil: now + ms }),
    finishAttempt: async (id) => change(tables.attempts.get(id), { status: 'SUCCESS', leaseUntil: null }),
    claimNotification: async (key, ms) => change(tables.notifications.get(key), { leaseUntil: now + ms }),
    closeNotification: async (key) => change(tables.notifications.get(key), { sent: true }),
    auditLog: async (tripId) =>
      tables.audits.filter((entry) => entry.tripId === tripId).map(({ type, actor }) => ({ type, actor })),
    notificationKeys: async () => [...tables.notifications.keys()],
    jobs: async () =>
      tables.outbox.map(({ name, payload, correlationId }) => ({
        name,
        payload: payload as Record<string, unknown>,
        correlationId,
      })),
    close: async () => undefined,
  };
}
