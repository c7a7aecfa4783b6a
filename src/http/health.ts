import { createHash, timingSafeEqual } from 'node:crypto';
import { Router } from 'express';
import { type Metrics, shared } from '../telemetry/metrics.ts';
import { onlyMethods } from './middleware/methods.ts';
import { noStore } from './middleware/no-store.ts';

/** The state of one dependency. The process is ready while every `needed` one answers. */
export interface HealthCheck {
  readonly name: string;
  readonly needed: boolean;
  readonly check: () => Promise<string>;
}

/** A dependency that has not answered after this is down. */
const CHECK_TIMEOUT_MS = 2_000;
/** Whoever asks within this is given the same answer: it is asked for by anyone, and asks every dependency. */
const CHECKED_FOR_MS = 500;

/** Who may read `/metrics`: `all` on a port that is not public, the bearer of a token, or `none`. */
export type MetricsReader = 'all' | 'none' | { readonly token: string };

/** `/healthz`: the process runs. `/readyz`: what it needs answers. `/metrics`: for Prometheus. */
export function healthRoutes(
  checks: readonly HealthCheck[],
  metrics: Metrics,
  reader: MetricsReader,
): Router {
  const router = Router();
  const ready = shared(() => Promise.all(checks.map(run)), CHECKED_FOR_MS);
  router.use(['/healthz', '/readyz', '/metrics'], noStore);
  router.get('/healthz', (_req, res) => void res.json({ status: 'ok' }));
  router.get('/readyz', async (_req, res) => {
    const results = await ready();
    const isReady = results.every(({ ok, needed }) => ok || !needed);
    const dependencies = Object.fromEntries(results.map(({ name, state }) => [name, state]));
    res.status(isReady ? 200 : 503).json({ status: isReady ? 'ready' : 'not ready', dependencies });
  });
  router.all(['/healthz', '/readyz'], onlyMethods(['GET']));
  if (reader === 'none') return router;
  router.get('/metrics', async (req, res) => {
    if (reader !== 'all' && !isSame(req.get('authorization') ?? '', `Bearer ${reader.token}`))
      return void res.status(401).set('WWW-Authenticate', 'Bearer').end();
    res.type(metrics.registry.contentType).send(await metrics.exposition());
  });
  router.all('/metrics', onlyMethods(['GET']));
  return router;
}

/** Takes the same time for every wrong text. */
const isSame = (given: string, wanted: string): boolean => timingSafeEqual(digest(given), digest(wanted));
const digest = (text: string) => createHash('sha256').update(text).digest();

async function run({ name, needed, check }: HealthCheck) {
  const late = new Promise<never>((_resolve, reject) => {
    setTimeout(() => reject(new Error('late')), CHECK_TIMEOUT_MS).unref();
  });
  try {
    return { name, needed, ok: true, state: await Promise.race([check(), late]) };
  } catch {
    return { name, needed, ok: false, state: 'down' };
  }
}
