import { setTimeout as sleep } from 'node:timers/promises';
import { arrive } from '../support/arrivals.ts';
import { type Fleet, startFleet, watchCores } from '../support/fleet.ts';
import type { Asked } from '../support/load.ts';
import { quantile } from '../support/measure.ts';
import { goal, publish, type Row, versionsOf } from '../support/report.ts';
import type { Servers } from '../support/servers.ts';

const VENDOR_MS = 200;
const SECONDS = 30;
/** A process that has just started is slow for a while, and nobody starts one for each request. */
const WARM_SECONDS = 20;
/** Each with a day of departure of their own, so that searches are shared as in life: sometimes. */
const USERS = 200;
/** What is asked at once, a second of each, and within how many milliseconds it is to be answered. */
const STREAMS = {
  'bookings: POST /api/trips': { rate: 50, goalMs: 1_000 },
  'searches: GET /api/trips/:id/offers': { rate: 100, goalMs: 500 },
  'reads: GET /api/trips/:id and the list': { rate: 200, goalMs: 200 },
};

/** Everything at once, a worker at work beside it: with trips that are watched from then on, and with trips all bought at once. */
export async function mixed(servers: Servers): Promise<void> {
  const watched = await atOnce(servers, { amount: '1.00', currency: 'GBP' });
  const bought = await atOnce(servers, { amount: '420.00', currency: 'GBP' });
  publish(
    {
      bench: 'mixed',
      setting: `milliseconds; one web process, one worker, vendors of ${VENDOR_MS} ms, all on one machine`,
      rows: [
        ...watched.map(({ name, ...row }) => ({ name: `watched: ${name}`, ...row })),
        ...bought.map(({ name, ...row }) => ({ name: `bought: ${name}`, ...row })),
      ],
      goals: Object.entries(STREAMS).map(([name, { goalMs }], at) => {
        const { p95, failed } = watched[at] as Row;
        return goal(`${name}, p95`, `≤ ${goalMs}`, Number(p95), Number(p95) <= goalMs && failed === 0);
      }),
    },
    { postgres: servers.postgres, ...versionsOf(['express', 'pg', 'bullmq']) },
  );
}

async function atOnce(servers: Servers, maxPrice: { amount: string; currency: string }): Promise<Row[]> {
  const fleet = await startFleet(servers, VENDOR_MS);
  const somebody = await Promise.all(Array.from({ length: USERS }, (_, nth) => withATrip(fleet, nth)));
  await fleet.worker();
  const first = somebody[0]?.path as string;
  while ((await somebody[0]?.api<{ data: unknown[] }>('GET', `${first}/offers`))?.data.length === 0)
    await sleep(200);
  const asked: Asked[][] = [
    somebody.map(({ token, request }) => ({
      method: 'POST',
      path: '/api/trips',
      token,
      body: { ...request, maxPrice, allowDuplicate: true },
    })),
    somebody.map(({ token, path }) => ({ method: 'GET', path: `${path}/offers`, token })),
    somebody.flatMap(({ token, path }) => [
      { method: 'GET', path, token },
      { method: 'GET', path: '/api/trips', token },
    ]),
  ];
  const busy = watchCores();
  const rows: Row[] = await Promise.all(
    Object.entries(STREAMS).map(async ([name, { rate }], at) => {
      const { times, failed } = await arrive(fleet.appUrl, {
        rate,
        seconds: SECONDS,
        warmSeconds: WARM_SECONDS,
        requests: asked[at] as Asked[],
      });
      return {
        name,
        'a second': times.length / SECONDS,
        p50: quantile(times, 0.5),
        p95: quantile(times, 0.95),
        p99: quantile(times, 0.99),
        failed,
      };
    }),
  );
  const share = busy();
  const { rows: booked } = await fleet.pool.query<{ count: number }>(
    'select count(*)::int as count from flight_bookings',
  );
  await fleet.stop();
  rows.push({
    name: 'bought',
    'a second': (booked[0]?.count ?? 0) / (WARM_SECONDS + SECONDS),
    'cores busy': `${Math.round(share * 100)} %`,
  });
  return rows;
}

async function withATrip({ user }: Fleet, nth: number) {
  const { api, token, request: adas } = await user(`traveller-${nth}`);
  const departure = new Date(Date.now() + (30 + nth) * 86_400_000);
  const request = { ...adas, departureDate: departure.toISOString().slice(0, 10) };
  const { id } = await api<{ id: string }>('POST', '/api/trips', { ...request, autoBook: false });
  return { api, token, request, path: `/api/trips/${id}` };
}
