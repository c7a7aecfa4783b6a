import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { RequestHandler } from 'express';
import type { Metrics } from '../../telemetry/metrics.ts';
import { type Admission, createAdmission } from '../admission.ts';
import { sendProblem } from '../problem.ts';

/** What a request costs while it is answered: our own CPU and database, or, besides, the time of a vendor. */
export type Cost = 'own' | 'vendor';

export interface ShedDeps {
  /** Requests answered at once; 0 for any number. */
  readonly most: number;
  /** Requests that wait for a connection of the pool, and how many connections it has. */
  readonly pool: { readonly waitingCount: number; readonly options: { readonly max: number } };
  readonly metrics: Metrics;
}

/** Even under pressure so many are answered at once, for pressure may come from other programs of the host. */
const LEAST = 16;
/** Requests that wait for a vendor use little of ours, so there may be more of them. They can't crowd out the others. */
const VENDOR_FACTOR = 2;
const SAMPLE_MS = 250;
const RESOLUTION_MS = 10;
/** An idle process is a millisecond or two late. Beyond this, requests wait longer for their turn than for Postgres. */
const MAX_LOOP_DELAY_MS = 40;

/**
 * Refuses at once, with 503 and `Retry-After`, what could only be answered late. The limit follows two measures: how late the event
 * loop is, and how many requests wait for a connection. It stands behind authentication, so that clients are users, and
 * before everything that costs. Health checks, metrics and webhooks do not pass here. docs/decisions/0037.
 */
export function createShedding({ most, pool, metrics }: ShedDeps): (cost: Cost) => RequestHandler {
  if (most === 0) return () => (_req, _res, next) => next();
  const admissions: Record<Cost, Admission> = {
    own: createAdmission({ least: Math.min(LEAST, most), most }),
    vendor: createAdmission({ least: most * VENDOR_FACTOR, most: most * VENDOR_FACTOR }),
  };
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  setInterval(() => {
    // Without a sample the mean is no number: the loop did not come round even once.
    const isLate = !(delay.mean / 1e6 - RESOLUTION_MS <= MAX_LOOP_DELAY_MS);
    admissions.own.adapt(isLate || pool.waitingCount > pool.options.max);
    delay.reset();
  }, SAMPLE_MS).unref();
  metrics.gauge(
    'parker_http_limit',
    'Requests that are answered at once, by what they wait for.',
    ['cost'],
    async () => Object.entries(admissions).map(([cost, { limit }]) => ({ labels: { cost }, value: limit })),
  );
  metrics.gauge(
    'parker_http_in_flight',
    'Requests that are being answered, by what they wait for.',
    ['cost'],
    async () =>
      Object.entries(admissions).map(([cost, { inFlight }]) => ({ labels: { cost }, value: inFlight })),
  );
  return (cost) => (_req, res, next) => {
    const release = admissions[cost].enter(String(res.locals.userId));
    if (release) {
      res.once('close', release);
      return next();
    }
    metrics.shed(cost);
    // Those who were refused together do not come back together.
    res.set('Retry-After', String(1 + Math.floor(Math.random() * 3)));
    sendProblem(
      res,
      'overloaded',
      'Too many requests are being answered. Nothing was done; try again in a moment.',
    );
  };
}
