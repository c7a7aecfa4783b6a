import { Refusal } from '../../sandbox/operation.ts';
import { confirmBy } from '../../src/domain/payment-confirmation.ts';
import { Refused } from '../../src/errors.ts';
import {
  type ConfirmationView,
  reportPaymentConfirmed,
  startPaymentConfirmation,
} from '../../src/services/trips/confirm-payment.ts';
import type { AttemptRow } from '../memory/tables.ts';
import type { Simulated } from '../simulated.ts';
import type { BankCourse } from './course.ts';

/**
 * Travellers whose bank wants a confirmation act as their course has it, once per attempt.
 * @returns whether one of them still has something in mind
 */
export function scheduleConfirmations(
  sim: Simulated,
  courseOf: (tripId: string) => BankCourse,
): () => boolean {
  let underWay = 0;
  sim.tables.travellerAsked = (attempt) => {
    const course = courseOf(attempt.tripId);
    if (course.traveller === 'ignores') return;
    for (let tab = 0; tab < course.tabs; tab += 1) {
      underWay += 1;
      // Not before the commit that asked is over.
      sim.time.after(1, () =>
        act(sim, attempt.tripId, course, whenTo(sim, attempt, course)).finally(() => {
          underWay -= 1;
        }),
      );
    }
  };
  return () => underWay > 0;
}

/** In ms from now. */
const whenTo = ({ time }: Simulated, attempt: AttemptRow, { traveller, afterMs }: BankCourse): number =>
  traveller === 'late' ? Math.max(1, confirmBy(attempt).getTime() - time.now + afterMs) : afterMs;

async function act(sim: Simulated, tripId: string, course: BankCourse, afterMs: number): Promise<void> {
  // Whoever is late has had the page open before.
  const early = course.traveller === 'late' ? await secretOf(sim, tripId) : null;
  await sim.time.sleep(afterMs);
  const asked = early ?? (await secretOf(sim, tripId));
  if (!asked) return;
  if (course.tells === 'before' || course.tells === 'both') await tell(sim, tripId);
  if (course.traveller === 'fails') {
    atBank(sim, asked, 'fails');
    await sim.time.sleep(10_000);
  }
  atBank(sim, asked, course.traveller === 'declined' ? 'declined' : 'passes');
  if (course.tells === 'after' || course.tells === 'both') await tell(sim, tripId);
}

/** The web process asks Stripe itself, and no fault strikes it: it keeps nothing. */
async function secretOf(sim: Simulated, tripId: string): Promise<ConfirmationView | null> {
  const { trips, flags, payments, time } = sim;
  const clock = { now: () => new Date(time.now) };
  const deps = { trips, flags, payments, clock, publishableKey: null, afterCommit: () => undefined };
  try {
    return await startPaymentConfirmation(deps, requestOf(sim, tripId));
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    sim.tell(() => `the traveller can not confirm: ${error.message}`);
    return null;
  }
}

async function tell(sim: Simulated, tripId: string): Promise<void> {
  const { trips, tables } = sim;
  await reportPaymentConfirmed({ trips, afterCommit: () => tables.afterCommit() }, requestOf(sim, tripId));
  sim.tell(() => 'the browser says that the payment is confirmed');
}

const requestOf = ({ tables }: Simulated, id: string) => {
  const { userId, correlationId } = tables.trip(id);
  return { id, userId, correlationId };
};

/** As Stripe.js does it with the secret; a secret of an intent that is over does nothing. */
function atBank(
  sim: Simulated,
  { clientSecret, paymentMethodId }: ConfirmationView,
  bank: 'passes' | 'fails' | 'declined',
): void {
  const { vendors } = sim;
  const { payments } = vendors;
  const intent = payments.find(clientSecret.split('_secret_')[0]);
  const method = payments.method(String(paymentMethodId));
  const usual = method.card_behaviour;
  method.card_behaviour = {
    ...usual,
    decline: { code: 'authentication_required', message: 'Is it you?' },
    ...(bank === 'declined' && {
      declineOnSession: { code: 'card_declined', decline_code: 'insufficient_funds', message: 'No.' },
    }),
  };
  try {
    if (intent.status === 'requires_payment_method') intent.payment_method = method.id;
    payments.confirm(intent, false);
    payments.authenticate(intent, bank !== 'fails');
    const charge = payments.charges.get(String(intent.latest_charge));
    if (charge)
      charge.payment_method_details.card.capture_before =
        payments.unix() + Math.floor(vendors.authorizationLifeMs / 1_000);
    sim.tell(() => `the bank ${bank === 'passes' ? 'authorizes' : 'refuses'} what the traveller confirmed`);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    sim.tell(() => 'the payment can no longer be confirmed at the bank');
  } finally {
    method.card_behaviour = usual;
    vendors.effects += 1;
  }
}
