import type { VendorListPorts } from '../services/reconciling/ports.ts';
import { reconcileVendors as reconcile } from '../services/reconciling/vendor-lists.ts';
import { type ListDisputesPorts, listDisputes } from '../services/refunds/list-disputes.ts';
import { done, type Handler } from './handler.ts';

/** Three times the interval between two runs; the nightly cleanup looks back for days. */
const LOOK_BACK_MS = 30 * 60_000;
/** Disputes are few, and one that no webhook told of has a deadline all the same: so far back that an outage of days hides none. */
const DISPUTES_LOOK_BACK_MS = 3 * 24 * 3_600_000;

export const reconcileVendors =
  (
    ports: Omit<VendorListPorts, 'payments'> & ListDisputesPorts & Pick<VendorListPorts, 'payments'>,
  ): Handler<'reconcile-vendors'> =>
  async () => {
    const reconciled = await reconcile(ports, LOOK_BACK_MS);
    const disputed = await listDisputes(ports, DISPUTES_LOOK_BACK_MS);
    ports.afterCommit();
    return done({ ...reconciled, disputed });
  };
