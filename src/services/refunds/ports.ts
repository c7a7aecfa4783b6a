import type { Clock } from '../../ports/clock.ts';
import type { PaymentProvider } from '../../ports/payments.ts';
import type { DisputeStore } from '../../ports/storage/disputes.ts';
import type { RefundStore } from '../../ports/storage/refunds.ts';
import type { AttemptDirectory } from '../booking/directory.ts';

/** Everything that following a payment after its capture needs of the outside. */
export interface FollowPorts {
  readonly refunds: RefundStore;
  readonly disputes: DisputeStore;
  readonly payments: Pick<PaymentProvider, 'refundsOf' | 'disputesOf'>;
  readonly directory: Pick<AttemptDirectory, 'reopen'>;
  readonly clock: Pick<Clock, 'now'>;
  /** Called after a commit that may have left jobs in the outbox. */
  readonly afterCommit: () => void;
}
