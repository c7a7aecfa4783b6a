import type { Flags } from '../src/flags/flags.ts';
import type { LockRedis } from '../src/queues/lock.ts';
import type { AttemptStore, SagaFlags, SagaSettings } from '../src/services/booking/ports.ts';
import type { Logger } from '../src/telemetry/logger.ts';
import type { Chance } from './chance.ts';
import type { Struck } from './faults.ts';
import type { FlagService } from './flag-service.ts';
import type { Host } from './host.ts';
import type { Tables } from './memory/tables.ts';
import type { Scenario } from './scenario.ts';
import type { SimulatedFlights } from './vendors/flights.ts';
import type { SimulatedPayments } from './vendors/payments.ts';
import type { Vendors } from './vendors/vendors.ts';
import type { VirtualTime } from './virtual-time.ts';

export const CADENCE = { watchIntervalMs: 60_000, freshnessMs: 30_000 };

/** One delivery of one job: what it claimed decides what it may do. */
export interface Run {
  readonly host: Host;
  claimed: { readonly id: string; readonly epoch: number } | null;
}

/** A running simulation, as its parts see it. */
export interface Simulated {
  readonly time: VirtualTime;
  readonly scenario: Scenario;
  readonly chance: Chance;
  readonly tables: Tables;
  readonly vendors: Vendors;
  readonly flights: SimulatedFlights;
  readonly payments: SimulatedPayments;
  readonly store: AttemptStore;
  readonly flags: Flags;
  readonly sagaFlags: SagaFlags;
  readonly settings: SagaSettings;
  readonly redis: LockRedis;
  readonly log: Logger;
  /** The airline made two orders of one request; no care of ours prevents that. */
  vendorMadeTwo: boolean;
  readonly flagService: FlagService;
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
