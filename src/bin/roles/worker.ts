import { createBase } from '../../context/base.ts';
import { createHealthApp } from '../../context/health.ts';
import { createWorkers } from '../../context/worker.ts';
import { bootConfig, dieOnSurprise, stopOnSignal } from '../boot.ts';

/** The worker role: works the queues of WORKER_QUEUES. */
const config = bootConfig();
const base = await createBase(config, 'parker_worker');
dieOnSurprise(base.log, base.report);
const workers = await createWorkers(base, { queues: config.WORKER_QUEUES });
const health = config.WORKER_PORT ? createHealthApp(base).listen(config.WORKER_PORT) : null;
base.log.info({ queues: config.WORKER_QUEUES }, 'worker is ready');

/** Left for closing connections once the jobs are done or handed over. */
const CLOSING_MS = 3_000;

stopOnSignal(config.SHUTDOWN_TIMEOUT_MS, async () => {
  await workers.close(Math.max(config.SHUTDOWN_TIMEOUT_MS - CLOSING_MS, config.SHUTDOWN_TIMEOUT_MS / 2));
  health?.close();
  await base.close();
});
