import { type JobsOptions, Queue } from 'bullmq';
import { QUEUE_NAMES, type QueueName } from '../config.ts';
import type { Db } from '../db/client.ts';
import { codeOf } from '../errors.ts';
import type { Logger } from '../telemetry/logger.ts';
import { queuePrefix, RETENTION } from './contract.ts';
import { type JobName, jobs } from './index.ts';
import { markPublished, type OutboxRow, unpublished } from './outbox.ts';
import type { RedisClient } from './redis.ts';

/** Carries what the outbox holds into Redis. */
export interface Publisher {
  /** Publishes soon; called after every commit that may have left rows behind. Never throws, never waits. */
  kick(): void;
  /** Publishes everything that waits, and says how many jobs that were. */
  flush(): Promise<number>;
  readonly queues: Record<QueueName, Queue>;
  close(): Promise<void>;
}

/** Rows per trip to Redis; BullMQ pipelines them. */
const BATCH = 1_000;
/** A flush that follows another waits this long, so that what many commits leave behind travels together. */
const GATHER_MS = 20;
/** How often a relay looks for rows that a crash left behind. */
export const RELAY_INTERVAL_MS = 2_000;

export function createPublisher(options: {
  db: Db;
  redis: RedisClient;
  prefix: string;
  log: Logger;
}): Publisher {
  const { db, redis, log } = options;
  const queues = Object.fromEntries(
    QUEUE_NAMES.map((name) => [
      name,
      new Queue(name, {
        connection: redis,
        prefix: queuePrefix(options.prefix, name),
        skipWaitingForReady: true,
        skipMetasUpdate: true,
      }).on('error', () => undefined), // The connection's own listener has told already.
    ]),
  ) as unknown as Record<QueueName, Queue>;
  let running: Promise<number> | null = null;
  let again = false;
  let closed = false;

  async function flush(): Promise<number> {
    let total = 0;
    for (;;) {
      const rows = await unpublished(db, BATCH);
      if (rows.length) {
        await publish(rows);
        await markPublished(
          db,
          rows.map((row) => row.id),
        );
      }
      total += rows.length;
      if (rows.length < BATCH) return total;
    }
  }

  async function publish(rows: readonly OutboxRow[]): Promise<void> {
    for (const name of QUEUE_NAMES) {
      const own = rows.filter((row) => jobs[row.name].queue === name);
      if (own.length) await queues[name].addBulk(own.map(toJob));
    }
  }

  /** One flush at a time; a kick during a flush means one more, for its rows may have come too late. */
  function kick(): void {
    if (closed) return;
    if (running) {
      again = true;
      return;
    }
    running = flush()
      .catch((error: unknown) => {
        log.warn({ code: codeOf(error) }, 'jobs wait in the outbox until Redis and Postgres can be reached');
        return 0;
      })
      .finally(() => {
        running = null;
        if (!again || closed) return;
        again = false;
        setTimeout(kick, GATHER_MS);
      });
  }

  const relay = setInterval(kick, RELAY_INTERVAL_MS);
  return {
    kick,
    flush,
    queues,
    async close() {
      closed = true;
      clearInterval(relay);
      await running;
      await Promise.all(Object.values(queues).map((queue) => queue.close().catch(() => undefined)));
    },
  };
}

function toJob({ name, jobId, payload, correlationId, runAt }: OutboxRow) {
  return {
    name,
    data: { ...(payload as object), correlationId },
    opts: { ...jobOptions(name), jobId, delay: delayUntil(runAt) },
  };
}

const delayUntil = (runAt: Date | null): number => (runAt ? Math.max(0, runAt.getTime() - Date.now()) : 0);

export function jobOptions(name: JobName): JobsOptions {
  const { attempts, backoffMs } = jobs[name];
  return { attempts, backoff: { type: 'exponential', delay: backoffMs, jitter: 0.5 }, ...RETENTION };
}
