import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { askForBookings, startFleet, watchedTrips } from '../support/fleet.ts';
import { quantile } from '../support/measure.ts';
import { goal, publish, versionsOf } from '../support/report.ts';
import type { Servers } from '../support/servers.ts';

/** An hour at five bookings a second, as fast as they will go. */
const BOOKINGS = 18_000;
/** Kept waiting, so that the worker always holds as many as it may. */
const BACKLOG = 1_000;
const VENDOR_MS = 50;
const SAMPLE_MS = 500;

/** The memory of one worker that does everything, at full load, for the bookings of an hour. */
export async function soak(servers: Servers): Promise<void> {
  const fleet = await startFleet(servers, VENDOR_MS);
  const tripIds = await watchedTrips(fleet);
  const worker = await fleet.worker();
  const megabytes: number[] = [];
  const sampling = setInterval(() => {
    megabytes.push(Number(execFileSync('ps', ['-o', 'rss=', '-p', String(worker.pid)])) / 1_024);
  }, SAMPLE_MS);
  const started = performance.now();
  for (let asked = 0, done = 0; done < BOOKINGS; await sleep(SAMPLE_MS)) {
    const { rows } = await fleet.pool.query<{ count: number }>(
      `select count(*)::int as count from notifications where kind = 'booking_confirmed' and status = 'SENT'`,
    );
    done = rows[0]?.count ?? 0;
    const more = Math.min(BACKLOG - (asked - done), BOOKINGS - asked);
    if (more > 0) await askForBookings(fleet.pool, tripIds, more);
    asked += Math.max(0, more);
  }
  clearInterval(sampling);
  const cpuSeconds = Number(execFileSync('ps', ['-o', 'cputimes=', '-p', String(worker.pid)]));
  const rate = BOOKINGS / ((performance.now() - started) / 1_000);
  await fleet.stop();
  const quarter = (nth: number) =>
    quantile(megabytes.slice((megabytes.length * nth) / 4, (megabytes.length * (nth + 1)) / 4), 0.5);
  const [early, middle, late] = [quarter(1), quarter(2), quarter(3)];
  const most = Math.max(...megabytes);
  publish(
    {
      bench: 'soak',
      setting: `memory of one worker over ${BOOKINGS.toLocaleString('en')} bookings and their mails, 250 at once`,
      rows: [
        {
          name: 'MB',
          'a second': rate,
          'CPU ms a booking': (cpuSeconds / BOOKINGS) * 1_000,
          'second quarter': early,
          third: middle,
          'last quarter': late,
          most,
          growth: late / early,
        },
      ],
      goals: [
        goal('at full load, MB', '< 300', most, most < 300),
        goal('the last quarter, of the second', '≤ 1.05', late / early, late / early <= 1.05),
      ],
    },
    { postgres: servers.postgres, ...versionsOf(['bullmq', 'pg', 'stripe', '@duffel/api']) },
  );
}
