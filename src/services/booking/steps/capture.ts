import type { Attempt, OrderFacts } from '../../../domain/attempt.ts';
import { moneyText } from '../../../domain/money.ts';
import { OutcomeUnknown, Permanent, Retryable } from '../../../errors.ts';
import type { Authorization } from '../../../ports/payments.ts';
import { wait, waitAfter } from '../../saga/step.ts';
import type { BookingStepPorts, BookingStepResult } from '../ports.ts';
import { compensate, next } from '../results.ts';

/** An authorization is captured or voided at least this long before it lapses. */
const SAFETY_MARGIN_MS = 24 * 3_600_000;
const RETRY_MS = 2_000;

/** Captures the money for an order that exists. Tried hard; refused for good, the order is cancelled instead. */
export async function capture(ports: BookingStepPorts, attempt: Attempt): Promise<BookingStepResult> {
  const order = attempt.order as OrderFacts;
  const paymentIntentId = attempt.paymentIntentId as string;
  // An earlier run may have captured and lost the answer: what the provider has decides.
  const past = ports.session.findIntent('capture') && (await ports.payments.authorization(paymentIntentId));
  if (past?.status === 'captured') return captured(past);
  if (past?.status === 'voided') return refusedForGood(attempt, 'hold_lapsed');
  if (ports.clock.now().getTime() > lastMoment(attempt))
    return refusedForGood(attempt, 'hold_about_to_lapse');
  const request = { paymentIntentId, ...order.total };
  const intent = await ports.session.recordIntent(attempt, 'capture', request, 'again');
  try {
    const now = await ports.payments.capture(paymentIntentId, order.total, intent.key);
    return now.status === 'captured' ? captured(now) : wait(RETRY_MS, 'capture not yet done');
  } catch (error) {
    if (error instanceof Permanent) return afterRefusal(ports, attempt, error.code);
    if (!(error instanceof OutcomeUnknown || error instanceof Retryable)) throw error;
    return waitAfter(error, RETRY_MS, 'capture not yet confirmed');
  }
}

const captured = ({ amount, capturedMinor }: Authorization): BookingStepResult =>
  next('confirm', {
    recorded: { step: 'capture', outcome: 'captured' },
    events: [
      { type: 'payment.captured', detail: { amount: moneyText({ ...amount, minor: capturedMinor }) } },
    ],
  });

/** A person may decide to capture in the margin, too. */
const lastMoment = ({ captureBefore, caseTerms }: Attempt): number =>
  captureBefore && !caseTerms?.capturesLate
    ? captureBefore.getTime() - SAFETY_MARGIN_MS
    : Number.POSITIVE_INFINITY;

/** A refusal may only mean that it was captured before. */
async function afterRefusal(
  ports: BookingStepPorts,
  attempt: Attempt,
  code: string,
): Promise<BookingStepResult> {
  const now = await ports.payments.authorization(attempt.paymentIntentId as string);
  if (now.status === 'captured') return captured(now);
  return refusedForGood(attempt, now.status === 'voided' ? 'hold_lapsed' : code);
}

function refusedForGood(attempt: Attempt, code: string): BookingStepResult {
  return compensate(
    attempt,
    {
      code,
      message: 'The reserved money could not be taken, so the ticket was given back.',
      to: 'failed',
      notify: 'booking_failed',
      alert: 'capture_refused',
    },
    {
      recorded: { step: 'capture', outcome: 'refused', result: { code } },
      events: [{ type: 'payment.capture_refused', detail: { code } }],
    },
  );
}
