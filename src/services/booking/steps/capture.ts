import type { Attempt, OrderFacts } from '../../../domain/attempt.ts';
import { moneyText } from '../../../domain/money.ts';
import { OutcomeUnknown, Permanent, Retryable } from '../../../errors.ts';
import type { Hold } from '../../../providers/stripe/index.ts';
import { go, undo, wait } from '../moves.ts';
import type { Move, StepPorts } from '../ports.ts';

/** A hold is captured or let go at least this long before the issuer lets it lapse. */
const SAFETY_MARGIN_MS = 24 * 3_600_000;
const RETRY_MS = 2_000;

/** Takes the money for an order that exists. Tried hard; refused for good, the order is cancelled instead. */
export async function run(ports: StepPorts, attempt: Attempt): Promise<Move> {
  const order = attempt.order as OrderFacts;
  const paymentIntentId = attempt.paymentIntentId as string;
  // An earlier run may have captured and lost the answer: what the provider has decides.
  const hold = ports.store.begun('capture') && (await ports.payments.hold(paymentIntentId));
  if (hold?.status === 'captured') return captured(hold);
  if (hold?.status === 'released') return refusedForGood(attempt, 'hold_lapsed');
  if (ports.clock.now().getTime() > lastMoment(attempt))
    return refusedForGood(attempt, 'hold_about_to_lapse');
  const intent = await ports.store.intend(attempt, 'capture', { paymentIntentId, ...order.total }, 'again');
  try {
    const now = await ports.payments.capture(paymentIntentId, order.total, intent.key);
    return now.status === 'captured' ? captured(now) : wait(RETRY_MS, 'capture not yet done');
  } catch (error) {
    if (error instanceof Permanent) return afterRefusal(ports, attempt, error.code);
    if (!(error instanceof OutcomeUnknown || error instanceof Retryable)) throw error;
    return wait(RETRY_MS, 'capture not yet confirmed');
  }
}

const captured = ({ amount, capturedMinor }: Hold): Move =>
  go('confirm', {
    settle: { step: 'capture', outcome: 'captured' },
    events: [
      { type: 'payment.captured', detail: { amount: moneyText({ ...amount, minor: capturedMinor }) } },
    ],
  });

const lastMoment = ({ captureBefore }: Attempt): number =>
  captureBefore ? captureBefore.getTime() - SAFETY_MARGIN_MS : Number.POSITIVE_INFINITY;

/** A refusal may only mean that it has happened already. */
async function afterRefusal(ports: StepPorts, attempt: Attempt, code: string): Promise<Move> {
  const hold = await ports.payments.hold(attempt.paymentIntentId as string);
  if (hold.status === 'captured') return captured(hold);
  return refusedForGood(attempt, hold.status === 'released' ? 'hold_lapsed' : code);
}

function refusedForGood(attempt: Attempt, code: string): Move {
  return undo(
    attempt,
    {
      code,
      message: 'The reserved money could not be taken, so the ticket was given back.',
      to: 'failed',
      notify: 'booking_failed',
      alert: true,
    },
    {
      settle: { step: 'capture', outcome: 'refused', result: { code } },
      events: [{ type: 'payment.capture_refused', detail: { code } }],
    },
  );
}
