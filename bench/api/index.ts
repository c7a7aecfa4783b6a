import { type Fleet, startFleet } from '../support/fleet.ts';
import { type Asked, load } from '../support/load.ts';
import { spread } from '../support/measure.ts';
import { goal, publish, type Row, versionsOf } from '../support/report.ts';
import type { Servers } from '../support/servers.ts';

const ROUNDS = 3;
const SECONDS = 6;
const CONNECTIONS = 16;
/** A page of the list is full. */
const TRIPS = 40;

/** The API beside the same SQL behind bare Express, each route for itself and as fast as it will go. */
export async function api(servers: Servers): Promise<void> {
  const fleet = await startFleet(servers, 0);
  const bareUrl = await fleet.script('bench/api/bare.ts');
  const { paths, token, request } = await somebodyWithTrips(fleet);
  const rows: Row[] = [];
  for (const [name, asked] of Object.entries<Omit<Asked, 'token'>[]>({
    'POST /api/trips': [
      {
        method: 'POST',
        path: '/api/trips',
        body: { ...request, maxPrice: { amount: '1.00', currency: 'GBP' }, allowDuplicate: true },
      },
    ],
    'GET /api/trips/:id': paths.map((path) => ({ method: 'GET', path })),
    'GET /api/trips': [{ method: 'GET', path: '/api/trips' }],
    'GET /api/trips/:id/offers': paths.map((path) => ({ method: 'GET', path: `${path}/offers` })),
  })) {
    const rates = { ours: [] as number[], bare: [] as number[] };
    for (let round = 0; round <= ROUNDS; round += 1)
      for (const [who, url, bearer] of [
        ['bare', bareUrl, 'traveller'],
        ['ours', fleet.appUrl, token],
      ] as const) {
        const requests = asked.map((one) => ({ ...one, token: bearer }));
        const { rate, failed } = await load({
          url,
          connections: CONNECTIONS,
          seconds: round ? SECONDS : 2,
          requests,
        });
        if (failed) throw new Error(`${failed} requests of ${name} failed at ${who}`);
        if (round) rates[who].push(rate);
      }
    const [ours, bare] = [spread(rates.ours), spread(rates.bare)];
    rows.push({
      name,
      'a second': ours.median,
      spread: `${ours.low}–${ours.high}`,
      bare: bare.median,
      ratio: ours.median / bare.median,
    });
  }
  await fleet.stop();
  publish(
    {
      bench: 'api',
      setting: `requests a second, ${CONNECTIONS} connections, one process each; bare: Express and pg with the same statements`,
      rows,
      goals: rows.map(({ name, ratio }) => goal(name, '≥ 0.6 of bare', Number(ratio), Number(ratio) >= 0.6)),
    },
    { postgres: servers.postgres, ...versionsOf(['express', 'pg', 'kysely', 'autocannon']) },
  );
}

/** A traveller with trips whose offers have been found, one of them booked. */
async function somebodyWithTrips({ user, pool, worker }: Fleet) {
  const { api, token, request } = await user('traveller');
  // Ada asks for the same again and again.
  const watch = { ...request, autoBook: false, allowDuplicate: true };
  const search = await worker({ WORKER_QUEUES: 'search' });
  const paths: string[] = [];
  for (let made = 0; made < TRIPS; made += 1)
    paths.push(`/api/trips/${(await api<{ id: string }>('POST', '/api/trips', watch)).id}`);
  const [first] = paths;
  while ((await api<{ data: unknown[] }>('GET', `${first}/offers`)).data.length === 0)
    await new Promise((r) => setTimeout(r, 100));
  await search.stop();
  await pool.query('analyze');
  return { paths, token, request };
}
