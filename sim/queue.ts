import { Permanent } from '../src/errors.ts';
import type { Handlers, Result } from '../src/processors/handler.ts';
import { type JobName, jobs } from '../src/queues/index.ts';
import type { Chance } from './chance.ts';
import type { Host } from './host.ts';
import type { OutboxRow } from './memory/tables.ts';
import type { VirtualTime } from './virtual-time.ts';

interface Job {
  readonly id: string;
  readonly name: JobName;
  readonly payload: unknown;
  state: 'waiting' | 'active' | 'over';
  /** Who works it; another run took over when it has changed. */
  run: object | null;
  host: Host | null;
  started: number;
  failed: number;
  /** Redis no longer knows it. */
  gone: boolean;
}

/** How long BullMQ believes in a silent worker, as in processors/runner.ts, and how often it looks. */
const LOCK_MS = 30_000;
/** Jobs that have run keep their ids this long, as RETENTION in queues/contract.ts has it. */
const KEEP_MS = 3_600_000;
const never = new AbortController().signal;

/** Delivery as BullMQ promises it, and no better: at least once, by job id, again when a worker falls silent. */
export class Queue {
  readonly #time: VirtualTime;
  readonly #chance: Chance;
  readonly #hosts: readonly Host[];
  readonly #handlersFor: (host: Host) => Handlers;
  readonly #overlap: number;
  #jobs = new Map<string, Job>();

  constructor(options: {
    time: VirtualTime;
    chance: Chance;
    hosts: readonly Host[];
    handlersFor: (host: Host) => Handlers;
    overlap: number;
  }) {
    this.#time = options.time;
    this.#chance = options.chance;
    this.#hosts = options.hosts;
    this.#handlersFor = options.handlersFor;
    this.#overlap = options.overlap;
  }

  get idle(): boolean {
    for (const { state } of this.#jobs.values()) if (state !== 'over') return false;
    return true;
  }

  /** Whether one of these has yet to be started. A schedule of BullMQ has no second one then. */
  waits(name: JobName): boolean {
    for (const job of this.#jobs.values()) if (job.name === name && job.state === 'waiting') return true;
    return false;
  }

  get payloads(): unknown[] {
    return [...this.#jobs.values()].map(({ payload }) => payload);
  }

  publish({ name, jobId, payload, runAt }: OutboxRow): void {
    if (this.#jobs.has(jobId)) return;
    const job: Job = {
      id: jobId,
      name,
      payload,
      state: 'waiting',
      run: null,
      host: null,
      started: 0,
      failed: 0,
      gone: false,
    };
    this.#jobs.set(jobId, job);
    this.#wait(job, runAt === null ? 0 : runAt - this.#time.now);
    if (this.#chance.hits(this.#overlap))
      this.#time.after(this.#chance.between(1, 3_000), () => this.#start(job));
  }

  /** All of Redis is gone: what runs goes on, and nobody remembers it. */
  lose(): void {
    for (const job of this.#jobs.values()) Object.assign(job, { run: null, gone: true });
    this.#jobs = new Map();
  }

  /** A dead or stopped worker's jobs go to others once their locks have lapsed. */
  stall(host: Host): void {
    for (const job of this.#jobs.values()) {
      if (job.host !== host || job.state !== 'active') continue;
      const { run } = job;
      this.#time.after(this.#chance.between(LOCK_MS, 2 * LOCK_MS), () => {
        if (job.run === run && job.state === 'active') this.#wait(job, 0);
      });
    }
  }

  #wait(job: Job, ms: number): void {
    job.state = 'waiting';
    job.run = null;
    const start = () => this.#start(job);
    // Hundreds of jobs wait for as long as all workers are stopped: the look that finds none able is the cheap one.
    const skip = (): boolean => {
      if (job.state !== 'waiting' || job.gone) return true;
      for (const host of this.#hosts) if (host.awake) return false;
      this.#time.poll(start, skip);
      return true;
    };
    this.#time.after(Math.max(1, ms), start, skip);
  }

  #start(job: Job): void {
    if (job.state === 'over' || job.gone) return;
    const [first, ...others] = this.#hosts.filter((host) => host.awake);
    if (!first) return void this.#wait(job, 500);
    const host = this.#chance.pick([first, ...others]);
    const run = {};
    Object.assign(job, { state: 'active', run, host });
    job.started += 1;
    const tries = job.started - 1;
    const lastTry = job.failed + 1 >= jobs[job.name].attempts;
    const handle = this.#handlersFor(host)[job.name] as (
      payload: unknown,
      context: object,
    ) => Promise<Result>;
    const mine = () => job.run === run && !job.gone;
    handle(job.payload, { signal: never, correlationId: null, tries, lastTry }).then(
      (result) => {
        if (!mine()) return;
        if (result.kind === 'snooze') this.#wait(job, result.ms);
        else this.#end(job);
      },
      (error: unknown) => {
        if (mine()) this.#again(job, error);
      },
    );
  }

  #again(job: Job, error: unknown): void {
    job.failed += 1;
    const { attempts, backoffMs } = jobs[job.name];
    if (error instanceof Permanent || job.failed >= attempts) return void this.#end(job);
    this.#wait(job, backoffMs * 2 ** (job.failed - 1) * (0.5 + this.#chance.next() / 2));
  }

  #end(job: Job): void {
    job.state = 'over';
    const forget = (): boolean => {
      if (!job.gone) this.#jobs.delete(job.id);
      job.gone = true;
      return true;
    };
    this.#time.after(KEEP_MS, forget, forget);
  }
}
