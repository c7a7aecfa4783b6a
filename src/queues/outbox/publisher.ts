import { type JobsOptions, Queue } from 'bullmq';
import { QUEUE_NAMES, type QueueName } from '../../domain/queue-names.ts';
import { codeOf } from '../../errors.ts';
import type { Logger } from '../../ports/log.ts';
import type { OutboxReader, UnpublishedJob } from '../../ports/outbox.ts';
import type { RedisClient } from '../../redis/connections.ts';
import { queuePrefix, RETENTION } from '../contract.ts';
import { type JobName, jobs } from '../index.ts';

/** Publishes the jobs of the outbox to Redis. */
export interface Publisher {
  /** Publishes soon. Called after every commit that may have enqueued jobs; it never throws and never waits. */
  kick(): void;
  /** Publishes every job in the outbox. @returns how many jobs */
  flush(): Promise<number>;
  readonly queues: Record<QueueName, Queue>;
  close(): Promise<void>;
}

/** Rows per read of the outbox; BullMQ pipelines them to Redis. */
const BATCH = 1_000;
/** A flush that follows another waits this long, so that the rows of many commits share one round trip. */
const NEXT_FLUSH_MS = 20;
/** How often a relay looks for rows that a crashed process did not publish. */
export const RELAY_INTERVAL_MS = 2_000;

/** @param options.prefix first part of every key in Redis */
export function createPublisher(options: {
  outbox: OutboxReader;
  redis: RedisClient;
  prefix: string;
  log: Logger;
}): Publisher {
  const { outbox, redis, log } = options;
  const queues = Object.fromEntries(
    QUEUE_NAMES.map((name) => [
      name,
      new Queue(name, {
        connection: redis,
        prefix: queuePrefix(options.prefix, name),
        skipWaitingForReady: true,
        skipMetasUpdate: true,
      }).on('error', () => undefined), // The connection's own listener logs it.
    ]),
  ) as unknown as Record<QueueName, Queue>;
  let running: Promise<number> | null = null;
  let again = false;
  let closed = false;

  async function flush(): Promise<number> {
    let total = 0;
    for (;;) {
      const rows = await outbox.unpublished({ names: Object.keys(jobs), limit: BATCH });
      if (rows.length) {
        await publish(rows);
        await outbox.markPublished(rows.map((row) => row.id));
      }
      total += rows.length;
      if (rows.length < BATCH) return total;
    }
  }

  async function publish(rows: readonly UnpublishedJob[]): Promise<void> {
    for (const name of QUEUE_NAMES) {
      const own = rows.filter((row) => jobs[row.name as JobName].queue === name);
      if (own.length) await queues[name].addBulk(own.map(toJob));
    }
  }

  /** One flush at a time. A kick during a flush causes one more: its rows may have committed after the read. */
  function kick(): void {
    if (closed) return;
    if (running) {
      again = true;
      return;
    }
    running = flush()
      .catch((error: unknown) => {
        log.warn({ code: codeOf(error) }, 'publishing the outbox failed; its jobs wait');
        return 0;
      })
      .finally(() => {
        running = null;
        if (!again || closed) return;
        again = false;
        setTimeout(kick, NEXT_FLUSH_MS);
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

function toJob({ name, jobId, payload, correlationId, runAt }: UnpublishedJob) {
  return {
    name,
    data: { ...(payload as object), correlationId },
    opts: { ...jobOptions(name as JobName), jobId, delay: delayUntil(runAt) },
  };
}

const delayUntil = (runAt: Date | null): number => (runAt ? Math.max(0, runAt.getTime() - Date.now()) : 0);

export function jobOptions(name: JobName): JobsOptions {
  const { attempts, backoffMs } = jobs[name];
  return { attempts, backoff: { type: 'exponential', delay: backoffMs, jitter: 0.5 }, ...RETENTION };
}
