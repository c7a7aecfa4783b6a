import { DelayedError, type Job, UnrecoverableError, Worker } from 'bullmq';
import { TimeoutStrategy, timeout } from 'cockatiel';
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
import { type StandstillOptions, watchStandstill } from './standstill.ts';

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
  readonly handle: StandstillOptions['handle'];
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
/**
 * While a deploy goes on, workers of two versions draw from one queue. What this one can't read, the other may: for as
 * long as a deploy may last it is laid back, and only then refused.
 */
const DEPLOY_MS = 15 * 60_000;
const NOT_MINE_SNOOZE_MS = 2_000;

/**
 * A job that takes too long is told so, and ends itself. Its timer goes with it: that of an `AbortSignal.timeout` would keep
 * the signal of a job done in a second for the five minutes it might have taken.
 */
const TOLD = { strategy: TimeoutStrategy.Cooperative, abortOnReturn: false };

/** Works one queue: the only place where outcomes become BullMQ's terms. */
export function createRunner(queue: QueueName, deps: RunnerDeps): Runner {
  const stopping = new AbortController();
  const { concurrency = QUEUES[queue].concurrency } = deps;
  const running = new Set<Promise<unknown>>();
  let begun = 0;
  let worker = start();
  const endWatch = watchStandstill({
    handle: deps.handle,
    limit: QUEUES[queue].limiter.max,
    begun: () => begun,
    full: () => running.size >= concurrency,
    restart,
  });

  function start(): Worker {
    const started = new Worker(queue, (job, token, signal) => begin(run(job, token, signal)), {
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

  async function restart(): Promise<void> {
    if (stopping.signal.aborted) return;
    deps.log.error({ queue }, 'jobs wait and the worker takes none; it is begun anew');
    const stuck = worker;
    worker = start();
    await stuck.close(true);
  }

  async function begin<T>(work: Promise<T>): Promise<T> {
    begun += 1;
    running.add(work);
    return work.finally(() => running.delete(work));
  }

  function run(job: Job, token: string | undefined, signal: AbortSignal | undefined): Promise<unknown> {
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
    if (!contract) return notMine(job, new Permanent('unknown_job', `nobody knows how to ${job.name}`));
    const payload = contract.payload.safeParse(job.data);
    if (!payload.success)
      return notMine(job, new Permanent('unreadable_payload', `the payload of ${job.name} does not parse`));
    const context: Omit<JobContext, 'signal'> = {
      correlationId,
      tries: Math.max(0, job.attemptsStarted - 1),
      lastTry: job.attemptsMade + 1 >= contract.attempts,
    };
    // The catalogue pairs names with payloads; the compiler can't follow a name that is only known at run time.
    const handle = deps.handlers[job.name as JobName] as Handler<JobName>;
    return timeout(contract.timeoutMs, TOLD).execute(
      (told) => handle(payload.data as never, { ...context, signal: told.signal }),
      AbortSignal.any([stopping.signal, ...(signal ? [signal] : [])]),
    );
  }

  function notMine(job: Job, refusal: Permanent): Result {
    if (Date.now() - job.timestamp > DEPLOY_MS) throw refusal;
    return { kind: 'snooze', ms: NOT_MINE_SNOOZE_MS, reason: refusal.code };
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
      await Promise.race([Promise.allSettled([worker.close(), ...running]), late]);
    },
  };
}
