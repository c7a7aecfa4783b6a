import express, { type Express } from 'express';
import { type HealthCheck, healthRoutes } from '../http/health.ts';
import { readFuse } from '../services/fuse.ts';
import type { Base } from './base.ts';

/** How each dependency is doing. */
export function healthChecks({ db, redis, flagProvider, flights, payments }: Base): HealthCheck[] {
  const ping = async () => {
    await db.selectNoFrom((eb) => eb.lit(1).as('one')).execute();
    return 'up';
  };
  return [
    { name: 'postgres', needed: true, check: ping },
    // The API works without Redis; the outbox keeps what it would have taken.
    { name: 'redis', needed: false, check: async () => ((await redis.ping()) === 'PONG' ? 'up' : 'down') },
    {
      name: 'launchdarkly',
      needed: false,
      check: async () => (flagProvider.live() ? 'up' : 'down: bookings are off'),
    },
    { name: 'duffel', needed: false, check: async () => `circuit ${flights.circuit()}` },
    { name: 'stripe', needed: false, check: async () => `circuit ${payments.circuit()}` },
  ];
}

/** What the process says of itself in /metrics. */
export function measure({ metrics, database, db, publisher }: Base): void {
  const { pool } = database;
  metrics.gauge('parker_pg_connections', 'Connections of the pool by state.', ['state'], async () => [
    { labels: { state: 'total' }, value: pool.totalCount },
    { labels: { state: 'idle' }, value: pool.idleCount },
    { labels: { state: 'waiting' }, value: pool.waitingCount },
  ]);
  metrics.gauge('parker_fuse_blown', '1 while the fuse keeps new bookings from beginning.', [], async () => {
    const { state } = await readFuse({ db });
    return [{ labels: {}, value: state === 'blown' ? 1 : 0 }];
  });
  metrics.gauge('parker_queue_jobs', 'Jobs by queue and state.', ['queue', 'state'], async () => {
    const counts = Object.entries(publisher.queues).map(async ([queue, handle]) => {
      const states = await handle.getJobCounts('waiting', 'active', 'delayed', 'failed');
      return Object.entries(states).map(([state, value]) => ({ labels: { queue, state }, value }));
    });
    return (await Promise.all(counts)).flat();
  });
  // What to scale workers by: a long queue that moves needs nobody, a job that waits does.
  metrics.gauge(
    'parker_queue_oldest_seconds',
    'How long the oldest job that could run has waited, by queue.',
    ['queue'],
    () =>
      Promise.all(
        Object.entries(publisher.queues).map(async ([queue, handle]) => {
          const [oldest] = await handle.getJobs(['waiting'], 0, 0, true);
          const since = oldest ? oldest.timestamp + (oldest.delay ?? 0) : Date.now();
          return { labels: { queue }, value: Math.max(0, Date.now() - since) / 1_000 };
        }),
      ),
  );
}

/** All that a worker answers over HTTP. */
export function createHealthApp(base: Base): Express {
  measure(base);
  return express()
    .disable('x-powered-by')
    .use(healthRoutes(healthChecks(base), base.metrics));
}
