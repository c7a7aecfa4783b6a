import type { Locks } from '../ports/locks.ts';
import type { BookingPorts } from '../services/booking/ports.ts';
import type { CancellingPorts } from '../services/cancelling/ports.ts';
import type { CasePorts } from '../services/cases/ports.ts';
import type { CleanupPorts, StartCleanupPorts } from '../services/cleanup/index.ts';
import type { NotifyPorts } from '../services/notifications/send.ts';
import type { AcceptChangePorts } from '../services/orders/ports.ts';
import type { RescuePorts, VendorListPorts } from '../services/reconciling/ports.ts';
import type { ListDisputesPorts } from '../services/refunds/list-disputes.ts';
import type { FollowPorts } from '../services/refunds/ports.ts';
import type { WatchPorts } from '../services/watching/ports.ts';
import type { WebhookPorts } from '../services/webhooks/ports.ts';
import { acceptChange } from './accept-change.ts';
import { book } from './book.ts';
import { cancelBooking } from './cancel-booking.ts';
import { caseAction } from './case.ts';
import { cleanup } from './cleanup.ts';
import { followOrder } from './follow-order.ts';
import { followPayment } from './follow-payment.ts';
import type { Handlers } from './handler.ts';
import { monitor } from './monitor.ts';
import { notify } from './notify.ts';
import { reconcile } from './reconcile.ts';
import { reconcileVendors } from './reconcile-vendors.ts';
import { search } from './search.ts';
import { webhook } from './webhook.ts';

export type HandlerDeps = WatchPorts &
  NotifyPorts &
  WebhookPorts &
  RescuePorts &
  VendorListPorts &
  FollowPorts &
  AcceptChangePorts &
  Pick<CasePorts, 'cases' | 'flights' | 'payments'> &
  ListDisputesPorts &
  Omit<CleanupPorts, 'signal'> &
  StartCleanupPorts & { locks: Locks };

/** How each job of queues/ is done. */
export const createHandlers = (
  deps: HandlerDeps,
  sagas: { readonly booking: BookingPorts; readonly cancelling: CancellingPorts },
): Handlers => ({
  search: search(deps),
  monitor: monitor(deps),
  reconcile: reconcile(deps),
  'reconcile-vendors': reconcileVendors(deps),
  book: book(sagas.booking),
  'cancel-booking': cancelBooking(sagas.cancelling),
  'follow-payment': followPayment(deps),
  'follow-order': followOrder(deps),
  'accept-change': acceptChange(deps),
  case: caseAction(deps),
  webhook: webhook(deps),
  notify: notify(deps),
  cleanup: cleanup(deps),
});
