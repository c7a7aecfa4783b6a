import { DelayedError, type Job, type Queue, UnrecoverableError, Worker } from 'bullmq';
import type { QueueName } from '../config.ts';
import { codeOf, OutcomeUnknown, Permanent, Refused, Retryable } from '../errors.ts';
import type { Flags } from '../flags/flags.ts';
import { QUEUES, queuePrefix } from '../queues/contract.ts';
import { type JobName, jobs } from '../queues/index.ts';
import type { RedisClient } from '../queues/redis.ts';
import { acceptCorrelation, withCorrelation } from '../telemetry/correlation.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { JobMetrics } from '../telemetry/metrics.ts';
import type { ReportError } from '../telemetry/sentry.ts';
import type { Handler, Handlers, JobContext, Result } from './handler.ts';

export interface RunnerDeps {
  readonly handlers: Handlers;
  readonly flags: Flags;
  readonly log: Logger;
  readonly report: ReportError;
  readonly metrics: JobMetrics;
  readonly redis: RedisClient;
  readonly prefix: string;
  readonly claimMs: number;
  /** Jobs held at once, where it is not the contract's number. */
  readonly concurrency?: number;
  /** The queue as others see it: how a worker that stands still is found out. */
  readonly handle: Pick<Queue, 'getJobCounts' | 'getRateLimitTtl' | 'isPaused'>;
}

export interface Runner {
  /** Lets running jobs finish or hand over, for `timeoutMs` at most. */
  close(timeoutMs: number): Promise<void>;
}

/** How long BullMQ believes in a silent worker, in lives of a claim: its job goes to another once the claim has lapsed. */
const LOCK_CLAIMS = 1.5;
/** How soon a worker asks Redis again after it could not be reached. BullMQ would wait fifteen seconds. */
const RETRY_MS = 1_000;
/** A stopped queue's jobs wait this long before they look at the switch again. */
const STOPPED_SNOOZE_MS = 5_000;

/** How often it is looked whether jobs wait that nobody takes, and for how many looks on end that may be so. */
const LOOK_MS = 3_000;
const LOOKS = 2;

/** Works one queue: the only place where outcomes become BullMQ's terms. */
export function createRunner(queue: QueueName, deps: RunnerDeps): Runner {
  const stopping = new AbortController();
  const { concurrency = QUEUES[queue].concurrency } = deps;
  const at = { work: 0, starts: 0 };
  let worker = start();
  const endWatch = keepMoving();

  function start(): Worker {
    const started = new Worker(queue, (job, token, signal) => run(job, token, signal), {
      connection: deps.redis,
      prefix: queuePrefix(deps.prefix, queue),
      ...QUEUES[queue],
      concurrency,
      lockDuration: LOCK_CLAIMS * deps.claimMs,
      stalledInterval: LOCK_CLAIMS * deps.claimMs,
      runRetryDelay: RETRY_MS,
      // A worker killed twice under the same job is no fault of the job: the handler's claim keeps it safe.
      maxStalledCount: 10,
    });
    started.on('error', (error) => deps.log.warn({ queue, err: error }, 'the queue connection has trouble'));
    return started;
  }

  /**
   * After a failover a worker may look alive and take nothing any more: its blocking connection waits for an answer that will
   * not come. So it is judged by what it takes, and begun anew when it takes nothing. What it still works at goes on.
   */
  function keepMoving(): () => void {
    let seen = { starts: 0, still: 0 };
    const look = async () => {
      const moving = at.starts !== seen.starts || at.work >= concurrency || !(await mayTake());
      seen = { starts: at.starts, still: moving ? 0 : seen.still + 1 };
      if (seen.still < LOOKS || stopping.signal.aborted) return;
      seen.still = 0;
      deps.log.error({ queue }, 'jobs wait and the worker takes none; it is begun anew');
      const stuck = worker;
      worker = start();
      await stuck.close(true);
    };
    const timer = setInterval(() => void look().catch(() => undefined), LOOK_MS);
    return () => clearInterval(timer);
  }

  async function mayTake(): Promise<boolean> {
    const { waiting = 0, prioritized = 0 } = await deps.handle.getJobCounts('waiting', 'prioritized');
    if (waiting + prioritized === 0 || (await deps.handle.isPaused())) return false;
    return (await deps.handle.getRateLimitTtl(QUEUES[queue].limiter.max)) <= 0;
  }

  function run(job: Job, token: string | undefined, signal: AbortSignal | undefined): Promise<unknown> {
    at.starts += 1;
    at.work += 1;
    const { correlationId: given } = job.data as { correlationId?: string | null };
    return withCorrelation(acceptCorrelation(given ?? undefined), async () => {
      const started = performance.now();
      const log = deps.log.child({ queue, job: job.name, jobId: job.id });
      try {
        const result = await perform(job, given ?? null, signal);
        deps.metrics.observe(queue, job.name, result.kind, (performance.now() - started) / 1_000);
        const told = result.kind === 'done' ? 'job done' : `${result.kind}: ${result.reason}`;
        log.info({ outcome: result.kind, ms: Math.round(performance.now() - started) }, told);
        if (result.kind !== 'snooze')
          return result.kind === 'skip' ? { skipped: result.reason } : (result.value ?? null);
        await job.moveToDelayed(Date.now() + result.ms, token);
        throw new DelayedError();
      } catch (error) {
        if (error instanceof DelayedError) throw error;
        deps.metrics.observe(queue, job.name, 'error', (performance.now() - started) / 1_000);
        throw await sort(error, job, log);
      } finally {
        at.work -= 1;
      }
    });
  }

  async function perform(
    job: Job,
    correlationId: string | null,
    signal: AbortSignal | undefined,
  ): Promise<Result> {
    if (await deps.flags.queueStopped(queue))
      return { kind: 'snooze', ms: STOPPED_SNOOZE_MS, reason: 'the queue is stopped' };
    const contract = jobs[job.name as JobName];
    if (!contract) throw new Permanent('unknown_job', `nobody knows how to ${job.name}`);
    const payload = contract.payload.safeParse(job.data);
    if (!payload.success)
      throw new Permanent('unreadable_payload', `the payload of ${job.name} does not parse`);
    const signals = [stopping.signal, AbortSignal.timeout(contract.timeoutMs), ...(signal ? [signal] : [])];
    const context: JobContext = {
      signal: AbortSignal.any(signals),
      correlationId,
      tries: Math.max(0, job.attemptsStarted - 1),
      lastTry: job.attemptsMade + 1 >= contract.attempts,
    };
    // The catalogue pairs names with payloads; the compiler can't follow a name that is only known at run time.
    const handle = deps.handlers[job.name as JobName] as Handler<JobName>;
    return handle(payload.data as never, context);
  }

  /** What a thrown thing means for the queue. Only our own words reach Redis: another's message may hold PII. */
  async function sort(error: unknown, job: Job, log: Logger): Promise<Error> {
    const code = codeOf(error);
    if (error instanceof Permanent || error instanceof Refused) {
      log.error({ err: error }, 'job refused for good');
      deps.report(error, { queue, job: job.name });
      return new UnrecoverableError(code);
    }
    if (error instanceof Retryable && error.retryAfterMs && queue === 'search') {
      log.info({ code, ms: error.retryAfterMs }, 'the whole queue waits for the provider');
      await worker.rateLimit(error.retryAfterMs);
      return Worker.RateLimitError();
    }
    if (error instanceof Retryable || error instanceof OutcomeUnknown)
      log.info({ code }, 'job will be tried again');
    else {
      log.error({ err: error }, 'job failed in a way nobody foresaw');
      deps.report(error, { queue, job: job.name });
    }
    const told = new Error(code);
    told.stack = code;
    return told;
  }

  return {
    async close(timeoutMs) {
      stopping.abort();
      endWatch();
      const late = new Promise((resolve) => setTimeout(resolve, timeoutMs).unref());
      // What is not done by then is left as it stands: its claim and its lock lapse, and another worker goes on.
      await Promise.race([worker.close(), late]);
    },
  };
}
