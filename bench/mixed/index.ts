import { setTimeout as sleep } from 'node:timers/promises';
import { type Fleet, startFleet, watchCores } from '../support/fleet.ts';
import { type Asked, load } from '../support/load.ts';
import { goal, publish, type Row, versionsOf } from '../support/report.ts';
import type { Servers } from '../support/servers.ts';

const VENDOR_MS = 200;
const SECONDS = 30;
const USERS = 40;
/** What is asked at once, a second of each, and within how many milliseconds it is to be answered. */
const STREAMS = {
  'bookings: POST /api/trips': { rate: 50, goalMs: 1_000 },
  'searches: GET /api/trips/:id/offers': { rate: 100, goalMs: 500 },
  'reads: GET /api/trips/:id and the list': { rate: 200, goalMs: 200 },
};

/** Everything at once: trips that are bought as they come in, offers looked at, trips read; a worker at work beside it. */
export async function mixed(servers: Servers): Promise<void> {
  const fleet = await startFleet(servers, VENDOR_MS);
  const somebody = await Promise.all(Array.from({ length: USERS }, (_, nth) => withATrip(fleet, nth)));
  await fleet.worker();
  const first = somebody[0]?.path as string;
  while ((await somebody[0]?.api<{ data: unknown[] }>('GET', `${first}/offers`))?.data.length === 0)
    await sleep(200);
  const asked: Asked[][] = [
    somebody.map(({ token, request }) => ({ method: 'POST', path: '/api/trips', token, body: request })),
    somebody.map(({ token, path }) => ({ method: 'GET', path: `${path}/offers`, token })),
    somebody.flatMap(({ token, path }) => [
      { method: 'GET', path, token },
      { method: 'GET', path: '/api/trips', token },
    ]),
  ];
  const busy = watchCores();
  const rows: Row[] = await Promise.all(
    Object.entries(STREAMS).map(async ([name, { rate }], at) => {
      const requests = asked[at] as Asked[];
      return {
        name,
        ...(await load({ url: fleet.appUrl, connections: 64, seconds: SECONDS, rate, requests })),
      };
    }),
  );
  const share = busy();
  const { rows: booked } = await fleet.pool.query<{ count: number }>(
    'select count(*)::int as count from flight_bookings',
  );
  await fleet.stop();
  rows.push({ name: 'booked meanwhile', rate: (booked[0]?.count ?? 0) / SECONDS });
  publish(
    {
      bench: 'mixed',
      setting: `milliseconds; one web process, one worker, vendors of ${VENDOR_MS} ms, ${Math.round(share * 100)} % of all cores busy`,
      rows,
      goals: Object.entries(STREAMS).map(([name, { goalMs }], at) => {
        const { 'p97.5': late, failed } = rows[at] as Row;
        return goal(
          `${name}, p97.5`,
          `p95 ≤ ${goalMs}`,
          Number(late),
          Number(late) <= goalMs && failed === 0,
        );
      }),
    },
    { postgres: servers.postgres, ...versionsOf(['express', 'pg', 'bullmq', 'autocannon']) },
  );
}

async function withATrip({ user }: Fleet, nth: number) {
  const { api, token, request } = await user(`traveller-${nth}`);
  const { id } = await api<{ id: string }>('POST', '/api/trips', { ...request, autoBook: false });
  return { api, token, request, path: `/api/trips/${id}` };
}
