import { drawFrom } from '../sandbox/world.ts';
import type { Money } from '../src/domain/money.ts';
import type { Flags } from '../src/ports/flags.ts';
import type { Logger } from '../src/ports/log.ts';
import type { AttemptStore } from '../src/ports/storage/attempts.ts';
import type { TripStore } from '../src/ports/storage/trips.ts';
import type { LockRedis } from '../src/redis/lock.ts';
import type { BookingFlags, BookingSettings } from '../src/services/booking/ports.ts';
import { AfterTicketWatch } from './after-ticket/watch.ts';
import { bookingSettings } from './booking-settings.ts';
import { Breach, demand } from './breach.ts';
import { SECRETS } from './breadth.ts';
import { checkCall } from './call-checks.ts';
import { type Chance, createChance } from './chance.ts';
import type { FaultSource, Strike, Struck } from './faults.ts';
import { FlagService } from './flag-service.ts';
import { flagsOf } from './flags.ts';
import { forge } from './forger.ts';
import { fuseAtRest, withinFuse } from './fuse-checks.ts';
import { handlersFor } from './handlers.ts';
import { Host } from './host.ts';
import { alwaysTrue, trueAtRest } from './invariants.ts';
import { listening } from './log.ts';
import { createMemoryAttempts } from './memory/attempts.ts';
import { hasStuckWork } from './memory/stuck-work.ts';
import { type AuditRow, Tables } from './memory/tables.ts';
import { createMemoryTrips } from './memory/trips.ts';
import { hasUnfinishedWork } from './memory/unfinished.ts';
import { Queue } from './queue.ts';
import { createRedis } from './redis.ts';
import type { Scenario } from './scenario.ts';
import type { Run, Simulated } from './simulated.ts';
import { Surroundings } from './surroundings/surroundings.ts';
import { scheduleTravellers, tripIndex } from './traveller.ts';
import { createFlights, type SimulatedFlights } from './vendors/flights.ts';
import { createPayments, type SimulatedPayments } from './vendors/payments.ts';
import { createVendors, type Vendors } from './vendors/vendors.ts';
import { VirtualTime } from './virtual-time.ts';
import { createWebhookIntake } from './webhook-intake.ts';

const START = Date.parse('2026-03-01T09:00:00Z');
const MINUTE = 60_000;
/** No run takes longer, with an order that is waited for; one that does stands still. */
const HORIZON_MS = 120 * 60 * MINUTE;
const INTERVALS = { monitor: MINUTE, reconcile: 15_000, 'reconcile-vendors': 10 * MINUTE } as const;

export interface RunResult {
  readonly breach: Breach | null;
  readonly struck: readonly (Strike & { readonly call: string })[];
  readonly calls: readonly string[];
  readonly transcript: readonly string[];
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
  readonly trips: TripStore;
  readonly vendors: Vendors;
  readonly flights: SimulatedFlights;
  readonly payments: SimulatedPayments;
  readonly store: AttemptStore;
  readonly flags: Flags;
  readonly bookingFlags: BookingFlags;
  readonly queue: Queue;
  readonly redis: LockRedis;
  readonly hosts: Host[];
  readonly log: Logger;
  readonly settings: BookingSettings;
  readonly surroundings: Surroundings;
  vendorMadeTwo = false;
  readonly agreed = new Map<string, Money>();
  fareMinor: number | null = null;
  readonly #source: FaultSource;
  readonly #struck: (Strike & { call: string })[] = [];
  readonly #calls: string[] = [];
  readonly #transcript: string[] = [];
  readonly #keepTranscript: boolean;
  readonly #logged: string[] = [];
  readonly #afterTicket: AfterTicketWatch;
  #travellersBusy: () => boolean = () => false;
  #breach: Breach | null = null;
  #effectsSeen = 0;
  #vendorsLookedAt = 0;
  #lastEffectAt = START;

  constructor(scenario: Scenario, source: (sim: Simulated) => FaultSource, keepTranscript: boolean) {
    this.scenario = scenario;
    this.chance = createChance(scenario.seed ^ 0x5eed);
    this.#keepTranscript = keepTranscript;
    const draw = () => this.chance.next();
    drawFrom(draw);
    this.time.beforeEach = () => drawFrom(draw);
    this.log = listening((line) => this.#logged.push(line));
    this.vendors = createVendors(this.time, {
      ...scenario,
      fare: ({ currency, minorPerPenny }) => ({ minor: this.#fare() * minorPerPenny, currency }),
      afterTicketOf: (id) => scenario.trips[tripIndex(id)]?.after,
      guard: (check) => this.#guard(check),
    });
    this.flights = createFlights(this.vendors);
    this.payments = createPayments(this.vendors);
    this.tables = new Tables({ now: () => this.time.now, newId: () => this.chance.uuid() });
    this.tables.followsOrders = scenario.follows;
    this.tables.afterCommit = () => this.#publishSoon();
    this.#afterTicket = new AfterTicketWatch(this);
    this.surroundings = new Surroundings(scenario.surroundings, this);
    this.trips = createMemoryTrips(this.tables);
    this.store = createMemoryAttempts(this.tables);
    this.settings = bookingSettings(scenario.fuse);
    const { flags, bookingFlags } = flagsOf(this.flagService, this.vendors, this.time);
    this.flags = flags;
    this.bookingFlags = bookingFlags;
    this.redis = createRedis(this.time, (check) => this.#guard(check));
    this.hosts = scenario.skewsMs.map((skew, index) => new Host(`worker-${index + 1}`, this.time, skew));
    this.queue = new Queue({
      time: this.time,
      chance: this.chance,
      hosts: this.hosts,
      handlersFor: (host) => handlersFor(this, host),
      overlap: scenario.overlap,
    });
    this.vendors.webhooks.carry = createWebhookIntake(this, (check) => this.#guard(check));
    this.time.afterEach = () => this.#afterEach();
    this.#source = source(this);
  }

  async run(): Promise<RunResult> {
    this.#setTheStage();
    const ended = await this.time.run(() => this.#breach !== null || this.#atRest(), START + HORIZON_MS);
    if (!this.#breach)
      this.#guard(() => {
        demand(ended, 'I4', () => 'something still moves after five days');
        trueAtRest(this.#world, SECRETS, () => this.#spoken());
        fuseAtRest(this.#world);
        this.#afterTicket.atRest();
        this.surroundings.checkAtRest();
      });
    return {
      breach: this.#breach,
      struck: this.#struck,
      calls: this.#calls,
      transcript: this.#transcript,
      trips: [...this.tables.trips.values()].map(({ status, outcome }) => `${status}/${outcome.code}`),
      audits: this.tables.audits,
      events: this.time.events,
    };
  }

  strike(call: string, attemptId: string | null): Struck | null {
    this.#calls.push(call);
    const at = this.#calls.length;
    const struck = this.#source(call, at, attemptId) ?? this.surroundings.strike(call);
    if (struck) this.#struck.push({ at, kind: struck.kind, call });
    return struck;
  }

  tell(line: () => string): void {
    if (this.#keepTranscript) this.#transcript.push(`${this.#clock()} ${line()}`);
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
    if (this.#breach) return;
    this.#guard(() => {
      checkCall(this, call, args, run);
      this.surroundings.checkCall(call, args);
    });
  }

  looked(): void {
    this.#vendorsLookedAt = this.time.now;
  }

  #setTheStage(): void {
    const { flips, redisLostAt, keysPrunedAt, forger } = this.scenario;
    this.#travellersBusy = scheduleTravellers(this, START);
    this.surroundings.start((line) => this.tell(line));
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

  /** A schedule: its next job is made when the last has started. A tick that would find nothing is left out: it is the same as one that found nothing. */
  #tick(job: keyof typeof INTERVALS): void {
    const run = (): void => {
      this.tables.enqueue(job, { tick: Math.floor(this.time.now / 1_000) });
      this.#publishSoon();
    };
    this.time.every(INTERVALS[job], () => !this.queue.waits(job) && this.#worthLooking(job), run);
  }

  #worthLooking(job: keyof typeof INTERVALS): boolean {
    if (job === 'reconcile') return hasStuckWork(this.tables) || this.surroundings.unalerted;
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

  #fare(): number {
    if (this.fareMinor !== null) return this.fareMinor;
    const since = this.time.now - START;
    return this.scenario.fares.findLast(({ at }) => at <= since)?.minor ?? 0;
  }

  #unfinished(): boolean {
    if (hasUnfinishedWork(this.tables) || this.surroundings.busy) return true;
    return this.#travellersBusy() || this.#afterTicket.unheardOf;
  }

  /** Nothing moves, nothing will, and the vendors' lists were read since something last happened there. */
  #atRest(): boolean {
    const { tables, vendors, queue, scenario } = this;
    // After each event: what is quickest asked, and mostly says no, comes first.
    if (this.#vendorsLookedAt <= this.#lastEffectAt || tables.outbox.length > 0 || vendors.world.pending)
      return false;
    if (tables.trips.size < scenario.trips.length || !queue.idle || this.#unfinished()) return false;
    for (const { status } of tables.trips.values()) if (status === 'PENDING') return false;
    return true;
  }

  get #world() {
    const { tables, vendors, scenario } = this;
    const { spendPerHour } = scenario.fuse;
    const agreedOf = (attemptId: string) => this.agreed.get(attemptId);
    return { tables, vendors, spendPerHour, vendorMadeTwo: () => this.vendorMadeTwo, agreedOf };
  }

  #afterEach(): void {
    if (this.vendors.effects !== this.#effectsSeen) this.#afterEffect();
    this.#guard(() => this.#afterTicket.afterEvent(this.time.now));
  }

  #afterEffect(): void {
    this.#effectsSeen = this.vendors.effects;
    const { listLagMs } = this.scenario;
    this.#lastEffectAt = this.time.now + (listLagMs <= MINUTE ? listLagMs : 0);
    this.#guard(() => {
      alwaysTrue(this.#world);
      withinFuse(this.#world);
      this.#afterTicket.afterEffect(this.time.now);
      this.surroundings.checkRows();
    });
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
    const { audits, notifications } = this.tables;
    return JSON.stringify([audits, this.queue.payloads, [...notifications.values()], this.#logged]);
  }

  #clock(): string {
    return `+${((this.time.now - START) / 1_000).toFixed(3).padStart(9)} s`;
  }
}
