import type { VendorPorts } from '../services/reconciling/ports.ts';
import { reconcileVendors as reconcile } from '../services/reconciling/vendor-lists.ts';
import { done, type Handler } from './handler.ts';

/** Three times as far as the last look lies back; the nightly cleanup looks back for days. */
const LOOK_BACK_MS = 30 * 60_000;

export const reconcileVendors =
  (ports: VendorPorts): Handler<'reconcile-vendors'> =>
  async () =>
    done(await reconcile(ports, LOOK_BACK_MS));
