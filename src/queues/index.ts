import { book } from './book.ts';
import { cancelBooking } from './cancel-booking.ts';
import { cleanup } from './cleanup.ts';
import type { PayloadOf } from './contract.ts';
import { monitor } from './monitor.ts';
import { notify } from './notify.ts';
import { reconcile } from './reconcile.ts';
import { reconcileVendors } from './reconcile-vendors.ts';
import { search } from './search.ts';
import { webhook } from './webhook.ts';

/** Everything the fleet can be asked to do. Each has a handler of the same name in processors/. */
export const jobs = {
  search,
  monitor,
  reconcile,
  'reconcile-vendors': reconcileVendors,
  book,
  'cancel-booking': cancelBooking,
  webhook,
  notify,
  cleanup,
};

export type JobName = keyof typeof jobs;
export type Payload<Name extends JobName> = PayloadOf<(typeof jobs)[Name]>;
