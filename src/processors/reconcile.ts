import type { RescuePorts } from '../services/reconciling/ports.ts';
import { rescueStuckWork } from '../services/reconciling/rescue-stuck-work.ts';
import { done, type Handler } from './handler.ts';

export const reconcile =
  (ports: RescuePorts): Handler<'reconcile'> =>
  async () =>
    done(await rescueStuckWork(ports));
