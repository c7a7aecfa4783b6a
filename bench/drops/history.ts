import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** A route's fares, minute by minute, and what a traveller would pay for it. */
export interface Route {
  readonly key: string;
  readonly departureDate: string;
  readonly cap: number;
  /** In minor units, one every `STEP_MIN`. */
  readonly fares: Float64Array;
}

export const STEP_MIN = 2;
const DAYS = 7;
const STEPS = (DAYS * 24 * 60) / STEP_MIN;

/** How often a day an airline files a new fare on a route, how far it moves, and how often there is a sale. */
const CALM = { filedPerDay: 0.5, move: 0.01, salesPerDay: 0.05 };
const LIVELY = { filedPerDay: 8, move: 0.03, salesPerDay: 4 };
/** Of ten routes two are lively. */
const LIVELY_SHARE = 0.2;
/** A fare comes back to its usual level: this much of the way with each filing. */
const PULL = 0.15;

/**
 * A week of fares on many routes. A fare stands until the airline files another; now and then there is a sale, unannounced, of 5
 * to 25 per cent for ten minutes to an hour. Travellers name from two thirds of the usual fare to just under it.
 * The same seed gives the same week.
 */
export function weekOfFares(count: number, seed: number, start: Date): Route[] {
  const generator = xoroshiro128plus(seed);
  for (let warm = 0; warm < 64; warm += 1) generator.next();
  const chance = () => (generator.next() >>> 0) / 2 ** 32;
  const bell = () => Math.sqrt(-2 * Math.log(1 - chance())) * Math.cos(2 * Math.PI * chance());
  const today = STEP_MIN / (24 * 60);
  return Array.from({ length: count }, (_, n) => {
    const { filedPerDay, move, salesPerDay } = chance() < LIVELY_SHARE ? LIVELY : CALM;
    const usual = 15_000 + chance() * 60_000;
    const fares = new Float64Array(STEPS);
    let level = 0;
    let sale = { until: -1, off: 0 };
    for (let step = 0; step < STEPS; step += 1) {
      if (chance() < filedPerDay * today) level += move * bell() - level * PULL;
      if (step > sale.until && chance() < salesPerDay * today)
        sale = { until: step + (10 + chance() * 50) / STEP_MIN, off: 0.05 + chance() * 0.2 };
      fares[step] = Math.round(usual * (1 + level) * (step <= sale.until ? 1 - sale.off : 1));
    }
    const departs = new Date(start.getTime() + (8 + chance() * 120) * 86_400_000);
    return {
      key: `route-${n}`,
      departureDate: departs.toISOString().slice(0, 10),
      cap: Math.round(usual * (0.66 + chance() * 0.32)),
      fares,
    };
  });
}

/** Stretches in which a route could have been bought: first and last step. */
export function drops({ fares, cap }: Route): (readonly [from: number, to: number])[] {
  const found: (readonly [number, number])[] = [];
  let from = -1;
  for (let step = 0; step <= fares.length; step += 1) {
    const fits = step < fares.length && (fares[step] as number) <= cap;
    if (fits && from < 0) from = step;
    if (fits || from < 0) continue;
    found.push([from, step - 1]);
    from = -1;
  }
  return found;
}
