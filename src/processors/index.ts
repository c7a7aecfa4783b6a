import type { Locks } from '../queues/lock.ts';
import type { SagaPorts } from '../services/booking/ports.ts';
import type { CancelDeps } from '../services/cancelling.ts';
import type { CleanupDeps } from '../services/cleanup/index.ts';
import type { NotifyDeps } from '../services/notifying/send.ts';
import type { StandingPorts, VendorPorts } from '../services/reconciling/ports.ts';
import type { WatchPorts } from '../services/watching/ports.ts';
import type { LookPorts } from '../services/webhooks/ports.ts';
import { book } from './book.ts';
import { cancelBooking } from './cancel-booking.ts';
import { cleanup } from './cleanup.ts';
import type { Handlers } from './handler.ts';
import { monitor } from './monitor.ts';
import { notify } from './notify.ts';
import { reconcile } from './reconcile.ts';
import { reconcileVendors } from './reconcile-vendors.ts';
import { search } from './search.ts';
import { webhook } from './webhook.ts';

export type HandlerDeps = WatchPorts &
  NotifyDeps &
  CancelDeps &
  LookPorts &
  StandingPorts &
  VendorPorts &
  Omit<CleanupDeps, 'signal'> & { locks: Locks };

/** How each job of queues/ is done. */
export const createHandlers = (deps: HandlerDeps, saga: SagaPorts): Handlers => ({
  search: search(deps),
  monitor: monitor(deps),
  reconcile: reconcile(deps),
  'reconcile-vendors': reconcileVendors(deps),
  book: book(saga),
  'cancel-booking': cancelBooking(deps),
  webhook: webhook(deps),
  notify: notify(deps),
  cleanup: cleanup(deps),
});
