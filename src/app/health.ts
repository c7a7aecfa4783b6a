import express, { type Express } from 'express';
import { createFuseStore } from '../db/stores/fuse.ts';
import { type HealthCheck, healthRoutes } from '../http/health.ts';
import type { Base } from './base.ts';

/** The health check of each dependency. */
export function healthChecks({ database, redis, flagProvider, sellers, payments }: Base): HealthCheck[] {
  const ping = async () => {
    await database.ping();
    return 'up';
  };
  return [
    { name: 'postgres', needed: true, check: ping },
    // The API works without Redis; its jobs wait in the outbox.
    { name: 'redis', needed: false, check: async () => ((await redis.ping()) === 'PONG' ? 'up' : 'down') },
    {
      name: 'launchdarkly',
      needed: false,
      check: async () => (flagProvider.live() ? 'up' : 'down: bookings are off'),
    },
    ...sellers.map(({ name, circuit }) => ({
      name,
      needed: false,
      check: async () => `circuit ${circuit()}`,
    })),
    { name: 'stripe', needed: false, check: async () => `circuit ${payments.circuit()}` },
  ];
}

/** Adds this process's gauges to /metrics. */
export function measure({ metrics, database, db, publisher, flagProvider }: Base): void {
  const { pool } = database;
  const fuseStore = createFuseStore({ db });
  metrics.gauge('parker_pg_connections', 'Connections of the pool by state.', ['state'], async () => [
    { labels: { state: 'total' }, value: pool.totalCount },
    { labels: { state: 'idle' }, value: pool.idleCount },
    { labels: { state: 'waiting' }, value: pool.waitingCount },
  ]);
  metrics.gauge('parker_fuse_blown', '1 while the fuse keeps new bookings from beginning.', [], async () => {
    const { state } = await fuseStore.read();
    return [{ labels: {}, value: state === 'blown' ? 1 : 0 }];
  });
  metrics.gauge(
    'parker_flags_age_seconds',
    'How long ago the flag service last said that our flags are current; past 10 nothing new is booked.',
    [],
    async () => [{ labels: {}, value: flagProvider.ageMs() / 1_000 }],
  );
  metrics.gauge('parker_queue_jobs', 'Jobs by queue and state.', ['queue', 'state'], async () => {
    const counts = Object.entries(publisher.queues).map(async ([queue, handle]) => {
      const states = await handle.getJobCounts('waiting', 'active', 'delayed', 'failed');
      return Object.entries(states).map(([state, value]) => ({ labels: { queue, state }, value }));
    });
    return (await Promise.all(counts)).flat();
  });
  // Scale workers on the age of the oldest job, not on queue length.
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

/** A worker's HTTP app: health checks and metrics. */
export function createHealthApp(base: Base): Express {
  measure(base);
  return express()
    .disable('x-powered-by')
    .use(healthRoutes(healthChecks(base), base.metrics, 'all'));
}
