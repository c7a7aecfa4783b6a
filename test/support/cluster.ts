import { join } from 'node:path';
import getPort from 'get-port';
import { Redis } from 'ioredis';
import { ownFolder } from '../../scripts/support/owned.ts';
import type { Server } from '../../scripts/support/postgres.ts';
import { startRedis } from '../../scripts/support/redis.ts';
import { until } from './until.ts';

const SLOTS = 16_384;
const MASTERS = 3;

export interface RedisCluster {
  /** Of one of its nodes. */
  readonly url: string;
  /** How many keys each master holds. */
  keys(): Promise<number[]>;
  /** Ends one master and starts it again, without its data. */
  restart(master: number): Promise<void>;
  stop(): Promise<void>;
}

/** Three masters that share the slots. */
export async function startCluster(): Promise<RedisCluster> {
  const folder = ownFolder('parker-cluster-');
  const ports: number[] = [];
  while (ports.length < MASTERS) {
    const port = await freePair();
    if (!ports.includes(port)) ports.push(port);
  }
  const start = (at: number) =>
    startRedis({ port: ports[at] as number, cluster: join(folder.path, `${at}.conf`) });
  const servers: Server[] = [];
  for (const at of ports.keys()) servers.push(await start(at));
  const ask = async <T>(at: number, question: (redis: Redis) => Promise<T>): Promise<T> => {
    const redis = new Redis(servers[at]?.url ?? '');
    try {
      return await question(redis);
    } finally {
      redis.disconnect();
    }
  };
  for (const at of ports.keys()) {
    const from = Math.ceil((SLOTS * at) / MASTERS);
    const to = Math.ceil((SLOTS * (at + 1)) / MASTERS) - 1;
    await ask(at, (redis) => redis.call('CLUSTER', 'ADDSLOTSRANGE', from, to));
    if (at > 0) await ask(0, (redis) => redis.call('CLUSTER', 'MEET', '127.0.0.1', ports[at] as number));
  }
  const agreed = () =>
    until('the masters to agree', async () => {
      const infos = await Promise.all(
        [...ports.keys()].map((at) => ask(at, (redis) => redis.cluster('INFO'))),
      );
      return infos.every(
        (info) => /cluster_state:ok/.test(info) && info.includes(`cluster_slots_ok:${SLOTS}`),
      );
    });
  await agreed();
  return {
    url: servers[0]?.url as string,
    keys: () => Promise.all([...ports.keys()].map((at) => ask(at, (redis) => redis.dbsize()))),
    async restart(at) {
      await servers[at]?.stop();
      servers[at] = await start(at);
      await agreed();
    },
    async stop() {
      await Promise.all(servers.map((server) => server.stop()));
      folder.remove();
    },
  };
}

/** Nodes talk to each other over a port of their own, ten thousand above. */
const BUS = 10_000;

/** A port that is free together with its bus; both below those that systems give to outgoing connections. */
async function freePair(): Promise<number> {
  for (;;) {
    const port = 11_000 + Math.floor(Math.random() * 10_000);
    const both = [port, port + BUS];
    const free = await Promise.all(both.map((wanted) => getPort({ port: wanted })));
    if (free.every((found, at) => found === both[at])) return port;
  }
}
