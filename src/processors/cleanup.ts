import type { Logger } from '../ports/log.ts';
import {
  type CleanupPorts,
  runCleanupStep,
  type StartCleanupPorts,
  startCleanup,
} from '../services/cleanup/index.ts';
import { done, type Handler } from './handler.ts';

export const cleanup =
  (ports: Omit<CleanupPorts, 'signal'> & StartCleanupPorts & { readonly log: Logger }): Handler<'cleanup'> =>
  async ({ step, day }, { signal }) => {
    if (step === 'all')
      return done({ steps: await startCleanup(ports, day ?? new Date().toISOString().slice(0, 10)) });
    const rows = await runCleanupStep({ ...ports, signal }, step);
    ports.log.info({ step, rows }, 'cleanup step done');
    return done({ rows });
  };
