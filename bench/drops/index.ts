import { fairShare, MAX_PRIORITY, searchPriority, volatilityOf } from '../../src/domain/search-schedule.ts';
import { goal, publish, versionsOf } from '../support/report.ts';
import { drops, type Route, STEP_MIN, weekOfFares } from './history.ts';

const ROUTES = 1_000;
const SEEDS = [1, 2, 3, 4, 5];
const TICK_MIN = 10;
const START = new Date('2026-03-01T00:00:00Z');
/** Shares of the routes that may be asked per tick. The goal is for a quota far below demand; the last shows where that ends. */
const QUOTAS = [0.05, 0.1, 0.2];
const FAR_BELOW = 0.1;
const FARES_REMEMBERED = 30;

/** Looks by route: at which steps each was asked. */
type Looks = Map<string, number[]>;

/** Which buyable drops were seen, of those there were: ours, and polling each route in turn, with the same number of calls. */
export async function dropsCaught(): Promise<void> {
  const rows = QUOTAS.flatMap((quota) => {
    const runs = SEEDS.map((seed) => compare(weekOfFares(ROUTES, seed, START), Math.round(ROUTES * quota)));
    const mean = (pick: (run: (typeof runs)[number]) => number) =>
      runs.reduce((sum, run) => sum + pick(run), 0) / runs.length;
    const [ours, fixed] = [mean((run) => run.ours), mean((run) => run.fixed)];
    return {
      name: `quota for ${quota * 100} % of the routes a tick`,
      drops: Math.round(mean((run) => run.drops)),
      calls: mean((run) => run.calls),
      'fixed polling': Math.round(fixed),
      Parker: Math.round(ours),
      ratio: ours / fixed,
      'most there is': mean((run) => run.drops) / fixed,
      'lowest ratio': Math.min(...runs.map((run) => run.ours / run.fixed)),
    };
  });
  const worst = Math.min(...rows.filter((_, at) => (QUOTAS[at] ?? 1) <= FAR_BELOW).map(({ ratio }) => ratio));
  publish(
    {
      bench: 'drops',
      setting: `buyable drops seen on ${ROUTES} routes in a week of generated fares, mean of ${SEEDS.length} seeds; the same calls for both`,
      rows,
      goals: [goal('times fixed polling, with a quota for a tenth or less', '≥ 1.5', worst, worst >= 1.5)],
    },
    versionsOf(['pure-rand']),
  );
}

function compare(routes: readonly Route[], room: number) {
  const ours = watching(routes, (active, looks, step) => {
    const due = active.map((route) => asDue(route, looks.get(route.key) ?? [], step));
    return fairShare(due, room);
  });
  // The one looked at longest ago comes next: each in turn.
  const fixed = watching(routes, (active, looks) =>
    active
      .map(({ key }) => ({ key, last: looks.get(key)?.at(-1) ?? -1 }))
      .sort((a, b) => a.last - b.last)
      .slice(0, room)
      .map(({ key }) => key),
  );
  const all = routes.reduce((sum, route) => sum + drops(route).length, 0);
  return { drops: all, calls: ours.calls, ours: ours.caught, fixed: fixed.caught };
}

/** A week of looks. Who is seen to fit is bought, and the route is watched again, for the next traveller, once that drop is over. */
function watching(
  routes: readonly Route[],
  choose: (active: readonly Route[], looks: Looks, step: number) => string[],
): { calls: number; caught: number } {
  const looks: Looks = new Map(routes.map(({ key }) => [key, []]));
  const ends = new Map(routes.map((route) => [route.key, drops(route)]));
  const bought = new Map<string, number>();
  const byKey = new Map(routes.map((route) => [route.key, route]));
  const steps = routes[0]?.fares.length ?? 0;
  const count = { calls: 0, caught: 0 };
  for (let step = 0; step < steps; step += TICK_MIN / STEP_MIN) {
    const active = routes.filter(({ key }) => (bought.get(key) ?? -1) < step);
    for (const key of choose(active, looks, step)) {
      count.calls += 1;
      looks.get(key)?.push(step);
      const { fares, cap } = byKey.get(key) as Route;
      if ((fares[step] as number) > cap) continue;
      count.caught += 1;
      bought.set(key, ends.get(key)?.find(([, to]) => to >= step)?.[1] ?? step);
    }
  }
  return count;
}

/** As the sweep knows a route: by what its own looks have shown, and nothing else. */
function asDue(route: Route, looks: readonly number[], step: number) {
  const now = new Date(START.getTime() + step * STEP_MIN * 60_000);
  const seen = looks.slice(-FARES_REMEMBERED).map((at) => route.fares[at] as number);
  const last = seen.at(-1);
  const value =
    last === undefined
      ? MAX_PRIORITY
      : searchPriority(
          { departureDate: route.departureDate, gap: last / route.cap - 1, volatility: volatilityOf(seen) },
          now,
        );
  const waitedMs = (step - (looks.at(-1) ?? -1)) * STEP_MIN * 60_000;
  return { searchKey: route.key, userId: route.key, priority: value, waitedMs };
}
