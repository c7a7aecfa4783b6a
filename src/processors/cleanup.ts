import { type CleanupDeps, runCleanupStep, startCleanup } from '../services/cleanup/index.ts';
import { done, type Handler } from './handler.ts';

export const cleanup =
  (deps: Omit<CleanupDeps, 'signal'>): Handler<'cleanup'> =>
  async ({ step, day }, { signal }) => {
    if (step === 'all')
      return done({ steps: await startCleanup(deps, day ?? new Date().toISOString().slice(0, 10)) });
    const rows = await runCleanupStep({ ...deps, signal }, step);
    deps.log.info({ step, rows }, 'cleanup step done');
    return done({ rows });
  };
