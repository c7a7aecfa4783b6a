import { createBase } from '../../app/base.ts';
import { createHealthApp } from '../../app/health.ts';
import { createWorkers } from '../../app/worker.ts';
import { startServer } from '../../http/server.ts';
import { bootConfig, bootListening, bootServers, dieOnSurprise, stopOnSignal } from '../boot.ts';

/** The worker role: runs the jobs of WORKER_QUEUES. */
const config = bootConfig();
const outages = await bootServers(config, 'parker_worker');
const base = await createBase(config, 'parker_worker');
for (const { line } of outages) base.log.warn(`${line}; waiting for it`);
dieOnSurprise(base.log, base.report);
const workers = await createWorkers(base, { queues: config.WORKER_QUEUES });
const health = config.WORKER_PORT ? await listenForHealth(config.WORKER_PORT) : null;
base.log.info({ queues: config.WORKER_QUEUES }, 'worker is ready');

async function listenForHealth(port: number) {
  const { server } = await bootListening('WORKER_PORT', port, startServer({ port, host: config.HOST }));
  return server.on('request', createHealthApp(base));
}

/** Time reserved for closing connections after the jobs have ended. */
const CLOSING_MS = 3_000;

stopOnSignal(config.SHUTDOWN_TIMEOUT_MS, async () => {
  await workers.close(Math.max(config.SHUTDOWN_TIMEOUT_MS - CLOSING_MS, config.SHUTDOWN_TIMEOUT_MS / 2));
  health?.close();
  await base.close();
});
