import type { StandingPorts } from '../services/reconciling/ports.ts';
import { reconcileAll } from '../services/reconciling/standing-still.ts';
import { done, type Handler } from './handler.ts';

export const reconcile =
  (ports: StandingPorts): Handler<'reconcile'> =>
  async () =>
    done(await reconcileAll(ports));
