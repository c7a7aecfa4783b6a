import type { Money } from '../src/domain/money.ts';
import type { Flags } from '../src/ports/flags.ts';
import type { Logger } from '../src/ports/log.ts';
import type { AttemptStore } from '../src/ports/storage/attempts.ts';
import type { TripStore } from '../src/ports/storage/trips.ts';
import type { LockRedis } from '../src/redis/lock.ts';
import type { BookingFlags, BookingSettings } from '../src/services/booking/ports.ts';
import type { Chance } from './chance.ts';
import type { Struck } from './faults.ts';
import type { FlagService } from './flag-service.ts';
import type { Host } from './host.ts';
import type { Tables } from './memory/tables.ts';
import type { Scenario } from './scenario.ts';
import type { AccountRefusals } from './surroundings/account-refusals.ts';
import type { Declines } from './surroundings/declines.ts';
import type { SimulatedFlights } from './vendors/flights.ts';
import type { SimulatedPayments } from './vendors/payments.ts';
import type { Vendors } from './vendors/vendors.ts';
import type { VirtualTime } from './virtual-time.ts';

export const SCHEDULE = { watchIntervalMs: 60_000, freshnessMs: 30_000 };

/** What a run has claimed; `id` is the attempt's, under which the intents stand. */
export type RunClaim =
  | { readonly kind: 'attempt'; readonly id: string; readonly epoch: number }
  | {
      readonly kind: 'cancellation';
      readonly id: string;
      readonly cancellationId: string;
      readonly epoch: number;
    };

/** One delivery of one job: what it claimed decides what it may do. */
export interface Run {
  readonly host: Host;
  claimed: RunClaim | null;
}

/** A running simulation, as its parts see it. */
export interface Simulated {
  readonly time: VirtualTime;
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
  readonly settings: BookingSettings;
  readonly redis: LockRedis;
  readonly log: Logger;
  /** The airline made two orders of one request; no care of ours prevents that. */
  vendorMadeTwo: boolean;
  /** By attempt: what the traveller had agreed to when its authorization was requested. */
  readonly agreed: Map<string, Money>;
  readonly flagService: FlagService;
  /** What goes on around our deployment. */
  readonly surroundings: {
    readonly declines: Declines;
    readonly refusals: AccountRefusals;
    /** A look for stuck work ended well that had begun while these vendors refused us. */
    looked(pausedThen: readonly string[]): void;
  };
  /** Set by whoever lives through an incident again: the fare of that day. */
  fareMinor: number | null;
  /** What goes wrong with the call about to be made for this attempt, or for none. */
  strike(call: string, attemptId: string | null): Struck | null;
  /** A line of the story; made only when somebody wants to read it. */
  tell(line: () => string): void;
  /** The worker is gone, and with it all it was doing; another process takes its place in a while. */
  kill(host: Host): Promise<never>;
  /** The worker stands still for that long, and goes on as if nothing had been. */
  stop(host: Host, ms: number): void;
  /** A4, A5 and their like, at the moment a call leaves a worker. */
  watch(call: string, args: readonly unknown[], run: Run): void;
  /** The vendors' lists were read. */
  looked(): void;
}
