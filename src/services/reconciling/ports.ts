import type { FlightProvider } from '../../ports/flights.ts';
import type { Outbox } from '../../ports/outbox.ts';
import type { PaymentProvider } from '../../ports/payments.ts';
import type { BookedOrderStore } from '../../ports/storage/booked-orders.ts';
import type { CancellationStore } from '../../ports/storage/cancellations.ts';
import type { CaseStore } from '../../ports/storage/cases.ts';
import type { DisputeStore } from '../../ports/storage/disputes.ts';
import type { NotificationWriter } from '../../ports/storage/notifications.ts';
import type { RefundStore } from '../../ports/storage/refunds.ts';
import type { StuckWorkStore } from '../../ports/storage/stuck-work.ts';
import type { AttemptDirectory } from '../booking/directory.ts';
import type { AlertFusePorts } from '../fuse/alert.ts';
import type { AlertTroublePorts } from '../troubles/index.ts';
import type { RecordOrphanPorts } from './record-orphan.ts';

/** Everything the rescuer of stuck work needs of the outside. */
export interface RescuePorts extends AlertFusePorts, AlertTroublePorts {
  readonly stuckWork: StuckWorkStore;
  readonly cancellations: Pick<CancellationStore, 'abandoned' | 'overdue'>;
  readonly refunds: Pick<RefundStore, 'due'>;
  readonly cases: Pick<CaseStore, 'open' | 'unfinished'>;
  readonly disputes: Pick<DisputeStore, 'due'>;
  readonly outbox: Outbox;
  readonly directory: AttemptDirectory;
  readonly bookedOrders: Pick<BookedOrderStore, 'due' | 'abandonedAcceptances'>;
}

/** Everything that comparing the vendors' lists with our tables needs of the outside. */
export interface VendorListPorts extends RecordOrphanPorts {
  readonly directory: AttemptDirectory;
  readonly flights: Pick<FlightProvider, 'ordersSince'>;
  readonly payments: Pick<PaymentProvider, 'authorizationsSince' | 'void'>;
  readonly notifications: NotificationWriter;
}
