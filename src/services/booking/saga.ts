import type { Attempt, AttemptOutcome, AttemptPatch } from '../../domain/attempt.ts';
import type { AttemptEnd } from '../../ports/storage/attempts.ts';
import { runSaga, type Saga, type SagaResult } from '../saga/run.ts';
import type { SessionRules } from '../saga/session.ts';
import { attemptEnd } from './attempt-end.ts';
import { fuseRules } from './fuse-rules.ts';
import type { BookingPorts } from './ports.ts';
import { authorize } from './steps/authorize.ts';
import { cancelOrder } from './steps/cancel-order.ts';
import { capture } from './steps/capture.ts';
import { confirm } from './steps/confirm.ts';
import { confirmPayment } from './steps/confirm-payment.ts';
import { order } from './steps/order.ts';
import { reprice } from './steps/reprice.ts';
import { syncOrder } from './steps/sync-order.ts';
import { voidAuthorization } from './steps/void.ts';

/**
 * The booking saga. docs/state-machines.md draws it.
 *
 * | step         | does                                   | recorded intent | compensated by               |
 * | ------------ | -------------------------------------- | --------------- | ---------------------------- |
 * | reprice      | searches again and picks the offer     |                 | nothing to compensate        |
 * | authorize    | reserves the offer's amount            | `authorize`     | void                         |
 * | confirm_payment | waits for the traveller to confirm the payment on session | | void |
 * | order        | creates the order, once: the pivot     | `order`         | cancel_order, then void      |
 * | settle       | looks an unknown order up (syncOrder)  |                 | void, once there is none     |
 * | capture      | captures what was authorized           | `capture`       | cancel_order, then a refund  |
 * | confirm      | writes booking, trip, audit and mail   |                 |                              |
 * | cancel_order | cancels the order, if all comes back   | `cancel_order`  | a person, if not all of it   |
 * | void         | voids the authorization, or refunds it | `void`          | tried again until it is done |
 */
export const bookingSaga: Saga<Attempt, AttemptPatch, AttemptOutcome, AttemptEnd, BookingPorts> = {
  name: 'booking',
  steps: {
    reprice,
    authorize,
    confirm_payment: confirmPayment,
    order,
    settle: syncOrder,
    capture,
    confirm,
    cancel_order: cancelOrder,
    void: voidAuthorization,
  },
  rules,
  endOf: (attempt, outcome, { settings, clock }) =>
    attemptEnd(attempt, outcome, { schedule: settings.schedule, now: clock.now() }),
};

/** Takes an attempt as far as it will go. */
export const runAttempt = (
  ports: BookingPorts,
  attemptId: string,
  options: { signal: AbortSignal; tries: number },
): Promise<SagaResult> => runSaga(bookingSaga, ports, attemptId, options);

const COMMIT_WITH_NEXT: ReadonlySet<string> = new Set(['authorize', 'order', 'capture', 'confirm']);

function rules({ settings: { fuse }, alertFuse }: BookingPorts): SessionRules<Attempt, AttemptPatch> {
  return {
    intentsOf: ({ id }) => id,
    commitWithNext: COMMIT_WITH_NEXT,
    ...fuseRules(fuse, alertFuse),
  };
}
