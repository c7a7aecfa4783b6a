import { AT_ONCE, type Contender, measure } from '../support/measure.ts';
import { goal, publish, versionsOf } from '../support/report.ts';
import type { Servers } from '../support/servers.ts';
import { cron } from './cron.ts';
import { floor } from './floor.ts';
import { ours } from './ours.ts';

const BOOKINGS = 2_000;
const ROUNDS = 5;

/** Durable five-step bookings a second: ours, the peers, the usual design, and the floor. */
export async function sagas(servers: Servers): Promise<void> {
  const { redisUrl } = servers;
  const contenders: Contender[] = [
    await ours(await servers.database(), redisUrl),
    await floor(await servers.database(), redisUrl),
    ...(await peers(servers)),
    await cron(await servers.emptyDatabase(), redisUrl),
  ];
  const figures = await measure(contenders, { rounds: ROUNDS, count: BOOKINGS });
  for (const { close } of contenders) await close?.();
  const median = (name: string) => figures.find((figure) => figure.name === name)?.median ?? Number.NaN;
  const own = median('Parker');
  publish(
    {
      bench: 'sagas',
      setting: `durable five-step bookings a second, ${BOOKINGS} a round, ${AT_ONCE} at once, median of ${ROUNDS} rounds, synchronous commit`,
      rows: figures.map((figure) => ({ ...figure, 'Parker is': `${(own / figure.median).toFixed(2)}×` })),
      goals: [
        goal('of the floor', '≥ 0.6', own / median('floor'), own / median('floor') >= 0.6),
        goal('times DBOS', '≥ 4', own / median('DBOS Transact'), own / median('DBOS Transact') >= 4),
      ],
    },
    {
      postgres: servers.postgres,
      ...versionsOf(['bullmq', 'pg', '@dbos-inc/dbos-sdk', 'graphile-worker', 'pg-boss']),
    },
  );
}

/** The peers have a package.json of their own; the compiler, which checks the product, does without them. */
async function peers({ emptyDatabase }: Servers): Promise<Contender[]> {
  const module = (await import(new URL('../peers/index.ts', import.meta.url).href)) as {
    peers(emptyDatabase: Servers['emptyDatabase']): Promise<Contender[]>;
  };
  return module.peers(emptyDatabase);
}
