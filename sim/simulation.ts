import { drawFrom } from '../sandbox/world.ts';
import { CLAIM_MS } from '../src/domain/attempt.ts';
import { createFlags, type Flags } from '../src/flags/flags.ts';
import { verifyDuffel, verifyStripe } from '../src/providers/webhook-signatures.ts';
import type { LockRedis } from '../src/queues/lock.ts';
import type { AttemptStore, SagaFlags, SagaSettings } from '../src/services/booking/ports.ts';
import { selectionRules } from '../src/services/watching/selection-rules.ts';
import type { WebhookSource } from '../src/services/webhooks/ports.ts';
import { receiveWebhook } from '../src/services/webhooks/receive.ts';
import type { Logger } from '../src/telemetry/logger.ts';
import { checkCall } from './call-checks.ts';
import { type Chance, createChance } from './chance.ts';
import type { FaultSource, Strike, Struck } from './faults.ts';
import { FlagService } from './flag-service.ts';
import { forge } from './forger.ts';
import { handlersFor } from './handlers.ts';
import { Host } from './host.ts';
import { alwaysTrue, Breach, demand, trueAtRest } from './invariants.ts';
import { listening } from './log.ts';
import { createMemoryStore } from './memory/attempts.ts';
import { cancelTrip, createMemoryEvents, standsStill } from './memory/outside.ts';
import { type AuditRow, Tables } from './memory/tables.ts';
import { Queue } from './queue.ts';
import { createRedis } from './redis.ts';
import type { Scenario } from './scenario.ts';
import { CADENCE, type Run, type Simulated } from './simulated.ts';
import { PASSENGER, postTrip, SECRETS, tripId } from './traveller.ts';
import { createFlights, type SimulatedFlights } from './vendors/flights.ts';
import { createPayments, type SimulatedPayments } from './vendors/payments.ts';
import { createVendors, type Vendors } from './vendors/vendors.ts';
import { VirtualTime } from './virtual-time.ts';

const START = Date.parse('2026-03-01T09:00:00Z');
const MINUTE = 60_000;
/** No run takes longer; one that does stands still. */
const HORIZON_MS = 12 * 60 * MINUTE;
const INTERVALS = { monitor: MINUTE, reconcile: 15_000, 'reconcile-vendors': 10 * MINUTE } as const;

const WEBHOOK_SECRETS = { duffel: 'sandbox-duffel-webhook', stripe: 'sandbox-stripe-webhook' };

export interface Ending {
  readonly breach: Breach | null;
  readonly struck: readonly (Strike & { readonly call: string })[];
  readonly calls: readonly string[];
  readonly story: readonly string[];
  readonly trips: readonly string[];
  readonly audits: readonly AuditRow[];
  readonly events: number;
}

/** One world from its first moment to its rest: real saga, monitor, webhook and reconciler code on virtual time. */
export class Simulation implements Simulated {
  readonly time = new VirtualTime(START);
  readonly flagService = new FlagService(this.time);
  readonly scenario: Scenario;
  readonly chance: Chance;
  readonly tables: Tables;
  readonly vendors: Vendors;
  readonly flights: SimulatedFlights;
  readonly payments: SimulatedPayments;
  readonly store: AttemptStore;
  readonly flags: Flags;
  readonly sagaFlags: SagaFlags;
  readonly queue: Queue;
  readonly redis: LockRedis;
  readonly hosts: Host[];
  readonly log: Logger;
  readonly settings: SagaSettings = {
    claimMs: CLAIM_MS,
    settleWindowMs: 4 * 130_000,
    settlePollMs: 5_000,
    paymentSettleMs: 70_000,
  };
  vendorMadeTwo = false;
  fareMinor: number | null = null;
  readonly #source: FaultSource;
  readonly #struck: (Strike & { call: string })[] = [];
  readonly #calls: string[] = [];
  readonly #story: string[] = [];
  readonly #keepStory: boolean;
  readonly #logged: string[] = [];
  #breach: Breach | null = null;
  #effectsSeen = 0;
  #vendorsLookedAt = 0;
  #lastEffectAt = START;

  constructor(scenario: Scenario, source: (sim: Simulated) => FaultSource, keepStory: boolean) {
    this.scenario = scenario;
    this.chance = createChance(scenario.seed ^ 0x5eed);
    this.#keepStory = keepStory;
    const draw = () => this.chance.next();
    drawFrom(draw);
    this.time.beforeEach = () => drawFrom(draw);
    this.log = listening((line) => this.#logged.push(line));
    this.vendors = createVendors(this.time, {
      fare: () => ({ minor: this.#fare(), currency: 'GBP' }),
      refundable: scenario.refundable,
      offerTtlMs: scenario.offerTtlMs,
      holdMs: scenario.holdMs,
      webhooks: scenario.webhooks,
    });
    this.flights = createFlights(this.vendors);
    this.payments = createPayments(this.vendors);
    this.tables = new Tables({ now: () => this.time.now, newId: () => this.#uuid() });
    this.tables.afterCommit = () => this.#publishSoon();
    this.store = createMemoryStore(this.tables, {
      cadence: CADENCE,
      fuse: scenario.fuse,
      passengers: () => [PASSENGER],
    });
    this.flags = createFlags(this.flagService.evaluate, { liveToken: false });
    this.sagaFlags = {
      bookingStop: this.flags.bookingStop,
      selectionRules: () => selectionRules(this.flags),
    };
    this.redis = createRedis(this.time, (check) => this.#guard(check));
    this.hosts = scenario.skewsMs.map((skew, index) => new Host(`worker-${index + 1}`, this.time, skew));
    this.queue = new Queue({
      time: this.time,
      chance: this.chance,
      hosts: this.hosts,
      handlersFor: (host) => handlersFor(this, host),
      overlap: scenario.overlap,
    });
    this.vendors.webhooks.carry = (url, headers, body) => this.#receive(url, headers, body);
    this.time.afterEach = () => this.#afterEach();
    this.#source = source(this);
  }

  async run(): Promise<Ending> {
    this.#setTheStage();
    const ended = await this.time.run(() => this.#breach !== null || this.#atRest(), START + HORIZON_MS);
    if (!this.#breach)
      this.#guard(() => {
        demand(ended, 'I4', () => 'something still moves after twelve hours');
        trueAtRest(this.#world, SECRETS, () => this.#spoken());
      });
    return {
      breach: this.#breach,
      struck: this.#struck,
      calls: this.#calls,
      story: this.#story,
      trips: [...this.tables.trips.values()].map(({ status, outcome }) => `${status}/${outcome.code}`),
      audits: this.tables.audits,
      events: this.time.events,
    };
  }

  strike(call: string, attemptId: string | null): Struck | null {
    this.#calls.push(call);
    const at = this.#calls.length;
    const struck = this.#source(call, at, attemptId);
    if (struck) this.#struck.push({ at, kind: struck.kind, call });
    return struck;
  }

  tell(line: () => string): void {
    if (this.#keepStory) this.#story.push(`${this.#clock()} ${line()}`);
  }

  kill(host: Host): Promise<never> {
    host.die();
    this.queue.stall(host);
    this.time.after(this.chance.between(500, 20_000), () => host.revive());
    return new Promise(() => undefined);
  }

  stop(host: Host, ms: number): void {
    host.stoppedUntil = Math.max(host.stoppedUntil, this.time.now + ms);
    this.queue.stall(host);
  }

  watch(call: string, args: readonly unknown[], run: Run): void {
    if (!this.#breach) this.#guard(() => checkCall(this, call, args, run));
  }

  looked(): void {
    this.#vendorsLookedAt = this.time.now;
  }

  #setTheStage(): void {
    const { trips, flips, redisLostAt, keysPrunedAt, forger } = this.scenario;
    trips.forEach((trip, index) => {
      this.time.after(trip.postedAt, () => postTrip(this.tables, index, trip, START));
      if (trip.cancelAt !== null)
        this.time.after(trip.cancelAt, () => {
          const done = this.tables.trips.has(tripId(index)) && cancelTrip(this.tables, tripId(index));
          this.tell(() => `the traveller cancels: ${done ? 'done' : 'too late'}`);
        });
    });
    for (const { at, flag, on } of flips)
      this.time.after(at, () => {
        this.tell(() => `flag ${flag} = ${on}`);
        this.flagService.throw(flag, on);
      });
    for (const at of redisLostAt)
      this.time.after(at, () => {
        this.tell(() => 'Redis is lost');
        this.queue.lose();
      });
    for (const at of keysPrunedAt) this.time.after(at, () => this.vendors.answers.clear());
    if (forger) this.time.after(this.chance.between(1_000, MINUTE), () => forge(this));
    for (const job of ['monitor', 'reconcile', 'reconcile-vendors'] as const) this.#tick(job);
  }

  /** A schedule. A tick that would find nothing is left out: it is the same as one that found nothing. */
  #tick(job: keyof typeof INTERVALS): void {
    this.time.after(INTERVALS[job], () => {
      if (this.#worthLooking(job)) {
        const payload = { tick: Math.floor(this.time.now / 1_000) };
        this.tables.enqueue(job, payload);
        this.#publishSoon();
      }
      this.#tick(job);
    });
  }

  #worthLooking(job: keyof typeof INTERVALS): boolean {
    if (job === 'reconcile') return standsStill(this.tables);
    if (job === 'monitor') return [...this.tables.trips.values()].some(({ status }) => status === 'PENDING');
    return this.#vendorsLookedAt <= this.#lastEffectAt;
  }

  /** The process publishes right after its commit, unless it is gone by then; a relay finds what was left. */
  #publishSoon(): void {
    if (this.tables.outbox.length === 0) return;
    this.time.after(this.chance.hits(0.95) ? this.chance.between(1, 20) : 2_000, () => this.#publish());
  }

  #publish(): void {
    for (const row of this.tables.outbox.splice(0)) this.queue.publish(row);
  }

  async #receive(url: string, headers: Record<string, string>, body: string): Promise<number> {
    const provider = url.split('/').at(-1) as WebhookSource;
    const verify = provider === 'stripe' ? verifyStripe : verifyDuffel;
    const header = headers[provider === 'stripe' ? 'stripe-signature' : 'x-duffel-signature'];
    const event = verify(WEBHOOK_SECRETS[provider], () => this.time.now)(Buffer.from(body), header);
    if (event === undefined) return 400;
    this.#guard(() => {
      const sent = this.vendors.webhooks.deliveries.some((delivery) => delivery.body === body);
      demand(sent, 'S1', () => 'an event was taken that no vendor sent');
    });
    return (await receiveWebhook(createMemoryEvents(this.tables), provider, event)) ? 200 : 400;
  }

  #fare(): number {
    if (this.fareMinor !== null) return this.fareMinor;
    const since = this.time.now - START;
    return this.scenario.fares.findLast(({ at }) => at <= since)?.minor ?? 0;
  }

  #unfinished(): boolean {
    for (const { status } of this.tables.attempts.values()) if (status === 'PENDING') return true;
    for (const { outcome } of this.tables.events.values()) if (outcome === null) return true;
    for (const { sent } of this.tables.notifications.values()) if (!sent) return true;
    return false;
  }

  /** Nothing moves, nothing will, and the vendors' lists were read since something last happened there. */
  #atRest(): boolean {
    const { tables, vendors, queue, scenario } = this;
    if (tables.trips.size < scenario.trips.length || vendors.world.pending || this.#unfinished())
      return false;
    for (const { status } of tables.trips.values()) if (status === 'PENDING') return false;
    return tables.outbox.length === 0 && queue.idle && this.#vendorsLookedAt > this.#lastEffectAt;
  }

  get #world() {
    const { tables, vendors, scenario } = this;
    const mostMinor = scenario.fuse.spendPerHour * 100;
    return { tables, vendors, mostMinor, vendorMadeTwo: () => this.vendorMadeTwo };
  }

  #afterEach(): void {
    if (this.vendors.effects === this.#effectsSeen) return;
    this.#effectsSeen = this.vendors.effects;
    this.#lastEffectAt = this.time.now;
    this.#guard(() => alwaysTrue(this.#world));
  }

  #guard(check: () => void): void {
    try {
      check();
    } catch (error) {
      if (!(error instanceof Breach)) throw error;
      this.#breach ??= error;
      this.tell(() => `✗ ${error.message}`);
    }
  }

  #spoken(): string {
    return JSON.stringify([
      this.tables.audits,
      this.queue.payloads,
      [...this.tables.notifications.values()],
      this.#logged,
    ]);
  }

  #clock(): string {
    return `+${((this.time.now - START) / 1_000).toFixed(3).padStart(9)} s`;
  }

  #uuid(): string {
    const hex = (digits: number) =>
      Math.floor(this.chance.next() * 16 ** digits)
        .toString(16)
        .padStart(digits, '0');
    return `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(12)}`;
  }
}
