import type { Clock } from '../../ports/clock.ts';
import type { FlightProvider } from '../../ports/flights.ts';
import type { BookedOrderStore } from '../../ports/storage/booked-orders.ts';

/** Everything that following a booked order needs of the outside. */
export interface FollowOrderPorts {
  readonly bookedOrders: BookedOrderStore;
  readonly flights: Pick<FlightProvider, 'order'>;
  readonly clock: Pick<Clock, 'now'>;
  /** Called after a commit that may have left jobs in the outbox. */
  readonly afterCommit: () => void;
}

/** The same for accepting a change. */
export interface AcceptChangePorts extends Omit<FollowOrderPorts, 'flights'> {
  readonly flights: Pick<FlightProvider, 'order' | 'acceptChange'>;
}
