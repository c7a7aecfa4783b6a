import type { Order } from '../../sandbox/duffel/types.ts';
import type { CaseAction, CaseStatement } from '../../src/domain/case.ts';
import type { Vendors } from '../vendors/vendors.ts';

/** What a person decides about a case. */
export interface Decision {
  readonly action: CaseAction;
  readonly statement: CaseStatement;
}

/** Whether the airline has cancelled an order: its seller's answers may lag behind. */
export const isCancelled = ({ orders }: Vendors, { id, cancelled_at }: Order): boolean =>
  cancelled_at !== null ||
  orders.cancellations.some(({ order_id, confirmed_at }) => order_id === id && confirmed_at !== null);
