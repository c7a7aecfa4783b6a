import { acceptChange } from './accept-change.ts';
import { book } from './book.ts';
import { cancelBooking } from './cancel-booking.ts';
import { caseAction } from './case.ts';
import { cleanup } from './cleanup.ts';
import type { PayloadOf } from './contract.ts';
import { followOrder } from './follow-order.ts';
import { followPayment } from './follow-payment.ts';
import { monitor } from './monitor.ts';
import { notify } from './notify.ts';
import { reconcile } from './reconcile.ts';
import { reconcileVendors } from './reconcile-vendors.ts';
import { search } from './search.ts';
import { webhook } from './webhook.ts';

/** Every job that the fleet runs. Each has a handler of the same name in processors/. */
export const jobs = {
  search,
  monitor,
  reconcile,
  'reconcile-vendors': reconcileVendors,
  book,
  'cancel-booking': cancelBooking,
  'follow-payment': followPayment,
  'follow-order': followOrder,
  'accept-change': acceptChange,
  case: caseAction,
  webhook,
  notify,
  cleanup,
};

export type JobName = keyof typeof jobs;
export type Payload<Name extends JobName> = PayloadOf<(typeof jobs)[Name]>;
