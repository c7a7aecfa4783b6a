import { type ConnectionOptions, DelayedError, type Job, UnrecoverableError, Worker } from 'bullmq';
import { TimeoutStrategy, timeout } from 'cockatiel';
import type { QueueName } from '../domain/queue-names.ts';
import { codeOf, OutcomeUnknown, Permanent, Refused, Retryable, StorageUnavailable } from '../errors.ts';
import type { Flags } from '../ports/flags.ts';
import type { Logger } from '../ports/log.ts';
import { QUEUES, queuePrefix } from '../queues/contract.ts';
import { type JobName, jobs } from '../queues/index.ts';
import { acceptCorrelation, withCorrelation } from '../telemetry/correlation.ts';
import type { JobMetrics } from '../telemetry/metrics.ts';
import type { ReportError } from '../telemetry/sentry.ts';
import type { Handler, Handlers, JobContext, Result } from './handler.ts';
import { startStalledWorkerWatchdog, type WatchdogOptions } from './stalled-worker-watchdog.ts';

export interface RunnerDeps {
  readonly handlers: Handlers;
  readonly flags: Flags;
  readonly log: Logger;
  readonly report: ReportError;
  readonly metrics: JobMetrics;
  /** A connection that waits for Redis, whatever it takes. */
  readonly redis: ConnectionOptions;
  readonly prefix: string;
  readonly claimMs: number;
  /** Jobs at a time, where it is not the contract's number. */
  readonly concurrency?: number;
  /** The queue over the producer's connection: what the watchdog compares the worker with. */
  readonly handle: WatchdogOptions['handle'];
}

export interface Runner {
  /** Lets running jobs finish or hand over, for `timeoutMs` at most. */
  close(timeoutMs: number): Promise<void>;
}

/** BullMQ's job lock, in lifetimes of a claim: longer than one, so that the next worker finds the claim lapsed. */
const LOCK_CLAIMS = 1.5;
/** How soon a worker tries Redis again after it could not be reached. BullMQ's default is 15 s. */
const RETRY_MS = 1_000;
/** Queues whose every job calls one vendor. Where it states a wait all of them keep it, and no job spends an attempt. */
const PAUSED_BY_VENDOR: ReadonlySet<QueueName> = new Set(['search', 'notify']);
/** A provider that turns calls away is left alone for at least this long: a wait of 0 ms would be none. */
const MIN_QUEUE_PAUSE_MS = 100;
/** A stopped queue's jobs wait this long before they read the kill switch again. */
const STOPPED_SNOOZE_MS = 5_000;
/** A job that lost storage is tried again after this. It costs no attempt: an outage may last longer than all of them. */
const STORAGE_SNOOZE_MS = 2_000;
/**
 * During a deploy workers of two versions share one queue. A job that this version can't read may be readable to the other:
 * it is snoozed for as long as a deploy may last, and refused after that.
 */
const DEPLOY_MS = 15 * 60_000;
const UNREADABLE_SNOOZE_MS = 2_000;

/**
 * A job that exceeds its timeout is aborted through its signal, and ends itself. The timer is cleared when the job ends:
 * `AbortSignal.timeout` would keep the signal of a one-second job for the full five minutes.
 */
const COOPERATIVE_TIMEOUT = { strategy: TimeoutStrategy.Cooperative, abortOnReturn: false };

/** Runs the jobs of one queue: the only place where results become BullMQ's terms. */
export function createRunner(queue: QueueName, deps: RunnerDeps): Runner {
  const stopping = new AbortController();
  const { concurrency = QUEUES[queue].concurrency } = deps;
  const running = new Set<Promise<unknown>>();
  let started = 0;
  let worker = start();
  const endWatch = startStalledWorkerWatchdog({
    handle: deps.handle,
    limit: QUEUES[queue].limiter.max,
    started: () => started,
    full: () => running.size >= concurrency,
    restart,
  });

  function start(): Worker {
    const created = new Worker(queue, (job, token, signal) => track(run(job, token, signal)), {
      connection: deps.redis,
      prefix: queuePrefix(deps.prefix, queue),
      ...QUEUES[queue],
      concurrency,
      lockDuration: LOCK_CLAIMS * deps.claimMs,
      stalledInterval: LOCK_CLAIMS * deps.claimMs,
      runRetryDelay: RETRY_MS,
      // A worker that is killed twice during the same job is not the job's fault: the handler's claim makes the repeat safe.
      maxStalledCount: 10,
    });
    created.on('error', (error) => deps.log.warn({ queue, err: error }, 'queue connection error'));
    return created;
  }

  async function restart(): Promise<void> {
    if (stopping.signal.aborted) return;
    deps.log.error({ queue }, 'restarting stalled worker');
    const stuck = worker;
    worker = start();
    await stuck.close(true);
  }

  async function track<T>(work: Promise<T>): Promise<T> {
    started += 1;
    running.add(work);
    return work.finally(() => running.delete(work));
  }

  function run(job: Job, token: string | undefined, signal: AbortSignal | undefined): Promise<unknown> {
    const { correlationId: given } = job.data as { correlationId?: string | null };
    return withCorrelation(acceptCorrelation(given ?? undefined), async () => {
      const startedAt = performance.now();
      const log = deps.log.child({ queue, job: job.name, jobId: job.id });
      try {
        const result = await perform(job, given ?? null, signal);
        deps.metrics.observe(queue, job.name, result.kind, (performance.now() - startedAt) / 1_000);
        const message = result.kind === 'done' ? 'job done' : `${result.kind}: ${result.reason}`;
        log.info({ outcome: result.kind, ms: Math.round(performance.now() - startedAt) }, message);
        if (result.kind !== 'snooze')
          return result.kind === 'skip' ? { skipped: result.reason } : (result.value ?? null);
        await job.moveToDelayed(Date.now() + result.ms, token);
        throw new DelayedError();
      } catch (error) {
        if (error instanceof DelayedError) throw error;
        if (error instanceof StorageUnavailable) {
          log.warn({ err: error }, 'storage does not answer; the job waits');
          deps.metrics.observe(queue, job.name, 'storage_lost', (performance.now() - startedAt) / 1_000);
          await job.moveToDelayed(Date.now() + STORAGE_SNOOZE_MS, token);
          throw new DelayedError();
        }
        deps.metrics.observe(queue, job.name, 'error', (performance.now() - startedAt) / 1_000);
        throw await classifyError(error, job, log);
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
    if (!contract) return unreadable(job, new Permanent('unknown_job', `no handler for ${job.name}`));
    const payload = contract.payload.safeParse(job.data);
    if (!payload.success)
      return unreadable(
        job,
        new Permanent('unreadable_payload', `the payload of ${job.name} does not parse`),
      );
    const context: Omit<JobContext, 'signal'> = {
      correlationId,
      tries: Math.max(0, job.attemptsStarted - 1),
      lastTry: job.attemptsMade + 1 >= contract.attempts,
    };
    // `jobs` pairs names with payloads; the compiler can't follow a name that is known at run time only.
    const handle = deps.handlers[job.name as JobName] as Handler<JobName>;
    return timeout(contract.timeoutMs, COOPERATIVE_TIMEOUT).execute(
      ({ signal }) => handle(payload.data as never, { ...context, signal }),
      AbortSignal.any([stopping.signal, ...(signal ? [signal] : [])]),
    );
  }

  function unreadable(job: Job, refusal: Permanent): Result {
    if (Date.now() - job.timestamp > DEPLOY_MS) throw refusal;
    return { kind: 'snooze', ms: UNREADABLE_SNOOZE_MS, reason: refusal.code };
  }

  /** What an error means for the queue. Only its code is stored in Redis: a foreign message may hold PII. */
  async function classifyError(error: unknown, job: Job, log: Logger): Promise<Error> {
    const code = codeOf(error);
    if (error instanceof Permanent || error instanceof Refused) {
      log.error({ err: error }, 'job refused for good');
      deps.report(error, { queue, job: job.name });
      return new UnrecoverableError(code);
    }
    if (error instanceof Retryable && error.retryAfterMs !== undefined && PAUSED_BY_VENDOR.has(queue)) {
      const ms = Math.max(MIN_QUEUE_PAUSE_MS, error.retryAfterMs);
      log.info({ code, ms }, 'queue paused for the provider');
      await worker.rateLimit(ms);
      return Worker.RateLimitError();
    }
    if (error instanceof Retryable || error instanceof OutcomeUnknown)
      log.info({ code }, 'job will be retried');
    else {
      log.error({ err: error }, 'unexpected error');
      deps.report(error, { queue, job: job.name });
    }
    const failure = new Error(code);
    failure.stack = code;
    return failure;
  }

  return {
    async close(timeoutMs) {
      stopping.abort();
      endWatch();
      const late = new Promise((resolve) => setTimeout(resolve, timeoutMs).unref());
      // A job that is still running then is abandoned: its claim and its lock lapse, and another worker resumes it.
      await Promise.race([Promise.allSettled([worker.close(), ...running]), late]);
    },
  };
}
