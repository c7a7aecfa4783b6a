import type { ReceiptStore } from '../../ports/storage/receipts.ts';
import type { Route } from '../route.ts';
import { bookingRoutes } from './bookings.ts';
import { caseRoutes } from './cases.ts';
import { fuseRoutes } from './fuse.ts';
import { opsTripRoutes } from './ops-trips.ts';
import { paymentMethodRoutes } from './payment-methods.ts';
import { opsReceiptRoutes } from './receipts.ts';
import { travelerRoutes } from './travelers.ts';
import { tripRoutes } from './trips.ts';

/** What the routes' use-cases need. */
export type RouteDeps = Parameters<typeof tripRoutes>[0] &
  Parameters<typeof bookingRoutes>[0] &
  Parameters<typeof travelerRoutes>[0] &
  Parameters<typeof paymentMethodRoutes>[0] &
  Parameters<typeof fuseRoutes>[0] &
  Parameters<typeof caseRoutes>[0] &
  Parameters<typeof opsTripRoutes>[0] & {
    /** The receipts of all users. */
    readonly opsReceipts: ReceiptStore;
  };

/** Every route of the API. Express tries them in order: those called most come first. */
export const apiRoutes = (deps: RouteDeps): Route[] => [
  ...tripRoutes(deps),
  ...bookingRoutes(deps),
  ...travelerRoutes(deps),
  ...paymentMethodRoutes(deps),
  ...fuseRoutes(deps),
  ...caseRoutes(deps),
  ...opsReceiptRoutes(deps),
  ...opsTripRoutes(deps),
];
