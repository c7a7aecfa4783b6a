import { Router } from 'express';
import type { Metrics } from '../telemetry/metrics.ts';

/** How one dependency is doing; `needed` ones decide whether this process can serve. */
export interface HealthCheck {
  readonly name: string;
  readonly needed: boolean;
  readonly check: () => Promise<string>;
}

/** A dependency that takes longer than this to say how it is, is not well. */
const CHECK_TIMEOUT_MS = 2_000;

/** `/healthz`: the process runs. `/readyz`: what it needs answers. `/metrics`: for Prometheus. */
export function healthRoutes(checks: readonly HealthCheck[], metrics: Metrics): Router {
  const router = Router();
  router.get('/healthz', (_req, res) => void res.json({ status: 'ok' }));
  router.get('/readyz', async (_req, res) => {
    const results = await Promise.all(checks.map(run));
    const ready = results.every(({ ok, needed }) => ok || !needed);
    const dependencies = Object.fromEntries(results.map(({ name, state }) => [name, state]));
    res.status(ready ? 200 : 503).json({ status: ready ? 'ready' : 'not ready', dependencies });
  });
  router.get('/metrics', async (_req, res) => {
    res.type(metrics.registry.contentType).send(await metrics.registry.metrics());
  });
  return router;
}

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
