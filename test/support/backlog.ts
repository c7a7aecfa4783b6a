import type { Queue } from 'bullmq';
import type { QueueName } from '../../src/domain/queue-names.ts';
import type { TestDatabase } from './database.ts';

/** What waits in the queues and the tables at the moment, in a few lines: why a trip did not get further. */
export async function describeBacklog(
  queues: Record<QueueName, Queue>,
  database: Pick<TestDatabase, 'query'>,
): Promise<string> {
  const lines: string[] = [];
  for (const queue of Object.values(queues)) {
    const counts = await queue.getJobCounts('waiting', 'active', 'delayed', 'prioritized', 'failed');
    const held = (await queue.getJobs(['active', 'waiting', 'delayed', 'failed'], 0, 5)).map(
      (job) => `${job?.id} since ${age(job?.processedOn ?? job?.timestamp)} ${job?.failedReason ?? ''}`,
    );
    const [last] = await queue.getJobs(['completed'], 0, 0);
    const schedules = (await queue.getJobSchedulers()).map(({ key, next }) => `${key} next ${age(next)}`);
    lines.push(
      `${queue.name}: ${JSON.stringify(counts)} ${held.join(', ')}; last done ${age(last?.finishedOn)}; ${schedules.join(', ')}`,
    );
  }
  const waiting = await database.query(`
    select auto_book_status, outcome->>'code' as code, (now() - next_check_at)::text as due_for
    from trip_requests order by created_at desc limit 3`);
  const searches = await database.query(`
    select status, error_code, (now() - created_at)::text as age from searches order by created_at desc limit 3`);
  return [...lines, JSON.stringify(waiting), JSON.stringify(searches)].join('\n');
}

const age = (at: number | undefined): string => (at === undefined ? 'never' : `${Date.now() - at} ms ago`);
