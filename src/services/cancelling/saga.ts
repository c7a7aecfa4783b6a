import type { Cancellation, CancellationOutcome, CancellationPatch } from '../../domain/cancellation.ts';
import type { CancellationEnd } from '../../ports/storage/cancellations.ts';
import { runSaga, type Saga, type SagaResult } from '../saga/run.ts';
import { cancellationEnd } from './cancellation-end.ts';
import type { CancellingPorts } from './ports.ts';
import { confirm } from './steps/confirm.ts';
import { quote } from './steps/quote.ts';
import { refund } from './steps/refund.ts';
import { verifyOrder } from './steps/verify-order.ts';
import { verifyRefund } from './steps/verify-refund.ts';

/**
 * The cancelling saga: a booking is cancelled at the airline, and what the airline gives back is refunded.
 *
 * | step          | does                                       | recorded intent  | when it can't be done            |
 * | ------------- | ------------------------------------------ | ---------------- | -------------------------------- |
 * | quote         | asks what the fare gives back              |                  | refused: the booking stays       |
 * | confirm       | cancels at the quoted terms: the pivot     | `cancel_booking` | a fresh quote, or a person       |
 * | verify_order  | reads that the order is cancelled          |                  | a fresh quote, or a person       |
 * | refund        | refunds what the airline gave back         | `refund`         | looked up, asked again, a person |
 * | verify_refund | reads that the bank refunded, or will      |                  | asked again, a person            |
 *
 * Nothing is compensated: before the pivot nothing happened, after it the saga only goes forward.
 */
export const cancellingSaga: Saga<
  Cancellation,
  CancellationPatch,
  CancellationOutcome,
  CancellationEnd,
  CancellingPorts
> = {
  name: 'cancelling',
  steps: { quote, confirm, verify_order: verifyOrder, refund, verify_refund: verifyRefund },
  rules: () => ({ intentsOf: ({ attemptId }) => attemptId, commitWithNext: new Set() }),
  endOf: cancellationEnd,
};

/** Takes the cancellation of a booking as far as it will go. */
export const runCancellation = (
  ports: CancellingPorts,
  bookingId: string,
  options: { signal: AbortSignal; tries: number },
): Promise<SagaResult> => runSaga(cancellingSaga, ports, bookingId, options);
