import type { FlightProvider } from '../../ports/flights.ts';
import type { PaymentProvider } from '../../ports/payments.ts';
import type { NotificationWriter } from '../../ports/storage/notifications.ts';
import type { WebhookEventStore } from '../../ports/storage/webhook-events.ts';
import type { AttemptDirectory } from '../booking/directory.ts';
import type { FollowOrderPorts } from '../orders/ports.ts';
import type { RecordOrphanPorts } from '../reconciling/record-orphan.ts';
import type { FollowPorts } from '../refunds/ports.ts';

/** Everything that handling webhook events needs of the outside. */
export interface WebhookPorts
  extends RecordOrphanPorts,
    FollowOrderPorts,
    Omit<FollowPorts, 'payments' | 'directory'> {
  readonly events: WebhookEventStore;
  readonly notifications: NotificationWriter;
  readonly directory: AttemptDirectory;
  readonly flights: Pick<FlightProvider, 'order'>;
  readonly payments: Pick<PaymentProvider, 'authorization'> & FollowPorts['payments'];
}
