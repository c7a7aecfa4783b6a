import { randomUUID } from 'node:crypto';
import { createMemoryAttempts } from '../../sim/memory/attempts.ts';
import { createMemoryCases } from '../../sim/memory/cases.ts';
import { Tables } from '../../sim/memory/tables.ts';
import { openDatabase } from '../../src/db/client/index.ts';
import { createAttemptStore } from '../../src/db/stores/attempts.ts';
import { createCaseStore } from '../../src/db/stores/cases.ts';
import { CLAIM_MS, NEW_ATTEMPT, type StepName } from '../../src/domain/attempt.ts';
import type { AttemptStore } from '../../src/ports/storage/attempts.ts';
import type { CaseStore } from '../../src/ports/storage/cases.ts';
import { createDatabase } from './database.ts';

export interface CaseStorage {
  readonly cases: CaseStore;
  readonly attempts: Pick<AttemptStore, 'claim' | 'renew'>;
  /** An attempt at `settle` whose order was asked for so long ago, and nobody claims. @returns its id */
  addAttempt(
    status: 'PENDING' | 'NEEDS_HUMAN',
    askedMsAgo: number,
    paymentIntentId?: string,
  ): Promise<string>;
  /** As whoever else writes attempts. */
  setStep(id: string, step: StepName): Promise<void>;
  attempt(id: string): Promise<{ status: string; step: string; epoch: number }>;
  addOrphan(id: string): Promise<void>;
  jobNames(): Promise<string[]>;
  close(): Promise<void>;
}

/** The storages that the contract suite of cases runs against, so that they can't drift apart. */
export const CASE_STORAGES = [
  { name: 'Postgres', open: onPostgres },
  { name: 'memory', open: inMemory },
] as const;

async function onPostgres(): Promise<CaseStorage> {
  const { url, query, drop } = await createDatabase();
  const { db, close } = openDatabase(url, 'parker_worker', { max: 8 });
  return {
    cases: createCaseStore({ db }),
    attempts: createAttemptStore(db, { claimMs: CLAIM_MS }),
    async addAttempt(status, askedMsAgo, paymentIntentId) {
      const [row] = await query<{ id: string }>(
        `with u as (insert into users (user_id, data_key) values (gen_random_uuid()::text, '') returning user_id),
         t as (
           insert into trip_requests (user_id, auto_book_enabled, auto_book_status, origin, destination, departure_date, cabin,
             traveler_ids, max_price_minor, currency, consent, search_key, search_params, watch_until, outcome, correlation_id)
           select user_id, true, 'BOOKING', 'LHR', 'JFK', '2099-01-01', 'economy', '{}', 42000, 'GBP', 'true', 'k', '{}', now(), '{}', 'x'
           from u returning id, user_id),
         a as (
           insert into booking_attempts (trip_id, user_id, number, idempotency_key, deadline, correlation_id, status, step, payment_intent_id)
           select id, user_id, 1, 'book-' || id, now(), 'contract', $1, 'settle', $3 from t returning id, user_id),
         s as (
           insert into booking_steps (attempt_id, step, user_id, key, epoch, request, intended_at)
           select id, 'order', user_id, id || ':order', 1, '{}', now() - $2 * interval '1 millisecond' from a)
         select id from a`,
        [status, askedMsAgo, paymentIntentId ?? null],
      );
      return row?.id ?? '';
    },
    setStep: async (id, step) =>
      void (await query('update booking_attempts set step = $2 where id = $1', [id, step])),
    async attempt(id) {
      const [row] = await query<{ status: string; step: string; epoch: number }>(
        'select status, step, epoch from booking_attempts where id = $1',
        [id],
      );
      return row ?? { status: '', step: '', epoch: -1 };
    },
    addOrphan: async (id) =>
      void (await query(`insert into orphans (provider_id, kind, action) values ($1, 'hold', 'human')`, [
        id,
      ])),
    async jobNames() {
      return (await query<{ name: string }>('select name from outbox order by id')).map(({ name }) => name);
    },
    async close() {
      await close();
      await drop();
    },
  };
}

async function inMemory(): Promise<CaseStorage> {
  const tables = new Tables({ now: Date.now, newId: randomUUID });
  const row = (id: string) => {
    const found = tables.attempts.get(id);
    if (!found) throw new Error(`there is no attempt ${id}`);
    return found;
  };
  return {
    cases: createMemoryCases(tables),
    attempts: createMemoryAttempts(tables),
    async addAttempt(status, askedMsAgo, paymentIntentId) {
      const [id, tripId, now] = [randomUUID(), randomUUID(), Date.now()];
      tables.trips.set(tripId, {
        id: tripId,
        userId: 'user',
        status: 'BOOKING',
        outcome: { code: 'fits', message: '' },
        searchKey: 'k',
        searchParams: {
          origin: 'LHR',
          destination: 'JFK',
          departureDate: '2099-01-01',
          returnDate: null,
          cabin: 'economy',
          passengers: [{ type: 'adult' }],
        },
        criteria: {},
        mandate: { minor: 42_000, currency: 'GBP' },
        autoBook: true,
        selectedOfferId: null,
        nextCheckAt: null,
        notifiedFare: null,
        watchUntil: now,
        customerId: 'cus',
        paymentMethodId: null,
        correlationId: 'contract',
        travelerIds: [],
        consent: null,
        createdAt: now,
        updatedAt: now,
      });
      tables.attempts.set(id, {
        id,
        tripId,
        userId: 'user',
        number: 1,
        ...NEW_ATTEMPT,
        status,
        step: 'settle',
        paymentIntentId: paymentIntentId ?? null,
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
      tables.steps.set(`${id}:order`, {
        key: `${id}:order`,
        epoch: 1,
        request: {},
        outcome: null,
        tries: 1,
        orderId: null,
        pauseMs: null,
        intendedAt: now - askedMsAgo,
      } as never);
      return id;
    },
    setStep: async (id, step) => void Object.assign(row(id), { step }),
    async attempt(id) {
      const { status, step, epoch } = row(id);
      return { status, step, epoch };
    },
    addOrphan: async (id) =>
      void tables.orphans.set(id, { kind: 'hold', action: 'human', attemptId: null, outcome: null }),
    jobNames: async () => tables.outbox.map(({ name }) => name),
    close: async () => undefined,
  };
}
