import type { OutboxJob } from '../../ports/outbox.ts';
import { type JobName, jobs, type Payload } from '../index.ts';

/**
 * A job as the outbox stores it. Storage inserts it in the transaction of the change that causes it. The publisher of the
 * same process publishes it right after the commit; if that process died, a relay does.
 * @param options.runAt not before this time; null runs at once
 */
export function toOutboxJob<Name extends JobName>(
  name: Name,
  payload: Payload<Name>,
  options: { correlationId?: string | null; runAt?: Date | null } = {},
): OutboxJob {
  const { correlationId = null, runAt = null } = options;
  const { queue, jobId } = jobs[name];
  return {
    queue,
    name,
    jobId: (jobId as (payload: Payload<Name>) => string)(payload),
    payload,
    correlationId,
    runAt,
  };
}
