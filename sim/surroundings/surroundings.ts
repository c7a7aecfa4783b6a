import { drawFrom } from '../../sandbox/world.ts';
import { viewTrip } from '../../src/services/trips/view.ts';
import { demand } from '../breach.ts';
import { createChance } from '../chance.ts';
import type { Struck } from '../faults.ts';
import type { Tables } from '../memory/tables.ts';
import { toTrip } from '../memory/trips.ts';
import type { Simulated } from '../simulated.ts';
import type { VirtualTime } from '../virtual-time.ts';
import { AccountRefusals } from './account-refusals.ts';
import { BadLuck } from './bad-luck.ts';
import { Declines } from './declines.ts';
import { Neighbour } from './neighbour.ts';
import { Operators } from './operators.ts';
import type { SurroundingsPlan } from './plan.ts';

/** What goes on around our deployment in one run, and what must stay true of it. */
export class Surroundings {
  readonly declines: Declines;
  readonly refusals: AccountRefusals;
  readonly #neighbour: Neighbour | null;
  readonly #operators: Operators | null;
  readonly #badLuck: BadLuck | null;
  readonly #plan: SurroundingsPlan;
  readonly #time: VirtualTime;
  readonly #tables: Tables;
  /** Vendors whose refusal was seen by a look, and not alerted. */
  readonly #missed = new Set<string>();
  /** Actions of the neighbour that are still to come. */
  #toCome: number;

  constructor(plan: SurroundingsPlan, sim: Simulated) {
    const { time, vendors, tables } = sim;
    this.#plan = plan;
    this.#time = time;
    this.#tables = tables;
    this.declines = new Declines(plan.declines);
    this.refusals = new AccountRefusals(plan.refusals, time, vendors.troubles);
    this.#neighbour = plan.neighbour && new Neighbour(plan.neighbour, vendors, tables);
    this.#operators = plan.operators && new Operators(plan.operators, sim);
    this.#badLuck = plan.operators?.badLuck ? new BadLuck(plan.operators.seed) : null;
    this.#toCome = plan.neighbour?.actsAt.length ?? 0;
  }

  /** @param tell adds a line to the story */
  start(tell: (line: () => string) => void): void {
    const { neighbour } = this.#plan;
    this.#operators?.start();
    // Its ids come from a source of its own, so that our own run stays as it is.
    const chance = createChance((neighbour?.seed ?? 0) ^ 0x1d5);
    for (const at of neighbour?.actsAt ?? [])
      this.#time.after(at, () => {
        drawFrom(() => chance.next());
        const what = this.#neighbour?.act();
        this.#toCome -= 1;
        tell(() => `the neighbour ${what}`);
      });
  }

  /** Whether a vendor refuses us, and ops have yet to hear of it. */
  get unalerted(): boolean {
    return this.refusals.paused.some((vendor) => !this.#alerted(vendor));
  }

  get busy(): boolean {
    return this.#toCome > 0 || (this.#operators?.busy ?? false);
  }

  /** A look for stuck work ended well that had begun while these vendors refused us. */
  looked(pausedThen: readonly string[]): void {
    const still = this.refusals.paused.filter((vendor) => pausedThen.includes(vendor));
    for (const vendor of still) if (!this.#alerted(vendor)) this.#missed.add(vendor);
  }

  /** What goes wrong with a call in a world of bad luck. */
  strike(call: string): Struck | null {
    return this.#badLuck?.strike(call) ?? null;
  }

  /** At the moment a call leaves a worker. @throws Breach */
  checkCall(call: string, args: readonly unknown[]): void {
    this.refusals.check(call);
    this.#neighbour?.checkCall(call, args);
  }

  /** After an event that changed something at the vendors. @throws Breach */
  checkRows(): void {
    this.#neighbour?.checkRows();
  }

  /** Once nothing moves any more. @throws Breach */
  checkAtRest(): void {
    this.checkRows();
    this.#operators?.checkAtRest();
    const { trips, attempts } = this.#tables;
    const views = [...trips.values()].map((trip) => viewTrip(toTrip(trip)));
    this.declines.check(this.#tables, [
      views,
      [...attempts.values()].map(({ errorCode, compensation }) => [errorCode, compensation]),
    ]);
    for (const { status, outcome } of trips.values())
      demand(
        outcome.code !== 'account_trouble' || status === 'PENDING' || status === 'EXPIRED',
        'T2',
        () => `trouble with our account has ended a trip: ${status}`,
      );
    const [missed] = this.#missed;
    demand(!missed, 'T3', () => `${missed} refused our account, and no alert was sent`);
  }

  #alerted(vendor: string): boolean {
    const start = `ops_alert:account:${vendor}:`;
    return [...this.#tables.notifications.keys()].some((key) => key.startsWith(start));
  }
}
