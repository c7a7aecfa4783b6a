import { setTimeout as sleep } from 'node:timers/promises';
import { askForBookings, type Fleet, startFleet, watchCores, watchedTrips } from '../support/fleet.ts';
import { goal, publish, type Row, versionsOf } from '../support/report.ts';
import type { Servers } from '../support/servers.ts';

const VENDOR_MS = 200;
/** Few enough that four processes leave the cores of a small machine some room: what is asked is whether they add up. */
const AT_ONCE = 8;
const SECONDS = 20;
/** Calls to vendors on the way to a ticket, one after the other, each at 200 ms. */
const CALLS = 6;

/** One, two and four worker processes against vendors that take their time; then one that takes all it can get. */
export async function scaleOut(servers: Servers): Promise<void> {
  const fleet = await startFleet(servers, VENDOR_MS);
  // Roles are split by queue: mails are another process's work.
  await fleet.worker({ WORKER_QUEUES: 'search,monitor,notify,cleanup' });
  const tripIds = await watchedTrips(fleet);
  const rates: number[] = [];
  const rows: Row[] = [];
  for (const processes of [1, 2, 4]) {
    const wanted = Math.round((processes * AT_ONCE * SECONDS) / ((CALLS * VENDOR_MS) / 1_000));
    const { rate, busy } = await book(fleet, tripIds, wanted, processes, {
      BOOKINGS_AT_ONCE: String(AT_ONCE),
    });
    rates.push(rate);
    const [one = rate] = rates;
    rows.push({
      name: `${processes} × ${AT_ONCE} at once`,
      'a second': rate,
      'of one': rate / one,
      linear: rate / one / processes,
      'cores busy': `${Math.round(busy * 100)} %`,
    });
  }
  for (const processes of [1, 2]) {
    const { rate, busy } = await book(fleet, tripIds, 1_500, processes, {});
    rows.push({
      name: `${processes} × 250 at once`,
      'a second': rate,
      'of one': rate / (rates[0] ?? rate),
      linear: '',
      'cores busy': `${Math.round(busy * 100)} %`,
    });
  }
  await fleet.stop();
  const [one = 0, two = 0, four = 0] = rates;
  publish(
    {
      bench: 'scale',
      setting: `bookings a second over HTTP, vendors of ${VENDOR_MS} ms, all on one machine`,
      rows,
      goals: [
        goal('two processes, of linear', '≥ 0.9', two / one / 2, two / one / 2 >= 0.9),
        goal('four processes, of linear', '≥ 0.9', four / one / 4, four / one / 4 >= 0.9),
      ],
    },
    { postgres: servers.postgres, ...versionsOf(['bullmq', 'pg', 'stripe', '@duffel/api']) },
  );
}

/** Books `count` trips. @returns the rate between the tenth and the last tenth of them, and how busy all cores were meanwhile */
async function book(
  { pool, worker }: Fleet,
  tripIds: readonly string[],
  count: number,
  processes: number,
  env: Record<string, string>,
): Promise<{ rate: number; busy: number }> {
  const booked = async () => {
    const { rows } = await pool.query<{ count: number }>(
      'select count(*)::int as count from flight_bookings',
    );
    return rows[0]?.count ?? 0;
  };
  const before = await booked();
  const done = async () => (await booked()) - before;
  const workers = await Promise.all(
    Array.from({ length: processes }, () => worker({ WORKER_QUEUES: 'book', ...env })),
  );
  await askForBookings(pool, tripIds, count);
  while ((await done()) < count * 0.1) await sleep(100);
  const busy = watchCores();
  while ((await done()) < count * 0.9) await sleep(100);
  const share = busy();
  while ((await done()) < count) await sleep(100);
  for (const one of workers) await one.stop();
  const { rows } = await pool.query<{ seconds: number }>(
    `select extract(epoch from max(booked_at) - min(booked_at))::float as seconds from (
       select booked_at, percent_rank() over (order by booked_at) as place from (
         select booked_at from flight_bookings order by booked_at desc limit $1) as own) as placed
     where place between 0.1 and 0.9`,
    [count],
  );
  return { rate: (0.8 * count) / (rows[0]?.seconds ?? Number.NaN), busy: share };
}
