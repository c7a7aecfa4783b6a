import type { Storage } from '../services/deps.ts';
import { reconcileAll } from '../services/reconciling.ts';
import { done, type Handler } from './handler.ts';

export const reconcile =
  (deps: Storage): Handler<'reconcile'> =>
  async () =>
    done(await reconcileAll(deps));
