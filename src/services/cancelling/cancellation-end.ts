import {
  type Cancellation,
  type CancellationOutcome,
  type CancellationPatch,
  owedToCard,
} from '../../domain/cancellation.ts';
import { cancelledWords, refusedWords } from '../../domain/cancellation-words.ts';
import { formatMoney, type Money, moneyText } from '../../domain/money.ts';
import type { NotificationKind } from '../../domain/notification.ts';
import type { Clock } from '../../ports/clock.ts';
import type { CancellationEnd } from '../../ports/storage/cancellations.ts';
import { opsAlert } from '../notifications/ops-alert.ts';
import { notificationRequest } from '../notifications/request.ts';
import type { SagaEnd } from '../saga/step.ts';
import { tripCancelled } from './results.ts';

type End = SagaEnd<CancellationPatch, CancellationEnd>;
type Of<Kind extends CancellationOutcome['kind']> = Extract<CancellationOutcome, { kind: Kind }>;

/** What the end of a cancellation means for trip, booking and mail. Storage writes it, and decides nothing. */
export function cancellationEnd(
  cancellation: Cancellation,
  outcome: CancellationOutcome,
  { clock }: { readonly clock: Pick<Clock, 'now'> },
): End {
  switch (outcome.kind) {
    case 'cancelled':
      return cancelled(cancellation, outcome, clock.now());
    case 'refused':
      return refused(cancellation, outcome);
    case 'human':
      return needsHuman(cancellation, outcome);
  }
}

/** Trip, timeline and mail say the same: who asked, what was paid, and of which amount a refund was requested. */
function cancelled(
  cancellation: Cancellation,
  { refunded, pendingMinor, madeGood, events = [] }: Of<'cancelled'>,
  now: Date,
): End {
  const { bookingId, requestedBy, paid, airlineRefund, reopened } = cancellation;
  const requested = { ...paid, minor: refunded.minor + pendingMinor };
  const facts = cancelledWords({ requestedBy, paid, airlineRefund, refunded: requested });
  const message = cancelledWords({
    requestedBy,
    paid,
    airlineRefund,
    refunded: requested,
    pending: pendingMinor > 0,
  });
  return {
    patch: { status: 'DONE', step: 'done' },
    events: [
      ...events,
      {
        type: reopened ? 'refund.succeeded' : 'booking.cancelled',
        detail: {
          requestedBy,
          refunded: moneyText(refunded),
          ...(pendingMinor > 0 && { pending: moneyText({ ...paid, minor: pendingMinor }) }),
        },
      },
    ],
    end: {
      // The trip keeps what stays true; the mail says how it is now.
      trip: tripCancelled(facts),
      booking: bookingWith(refunded.minor),
      // A refund that failed since it was read is still owed: it is taken up again.
      resolvesRefunds: madeGood,
      notifications: [
        notify(cancellation, 'booking_cancelled', `booking_cancelled:${bookingId}`, {
          message,
          requestedBy,
          paid: formatMoney(paid),
          refunded: formatMoney(requested),
          cancelledAt: now.toISOString(),
        }),
        ...(reopened && refunded.minor > 0 ? [arrivedLate(cancellation, refunded)] : []),
      ],
    },
  };
}

function refused(cancellation: Cancellation, { code, message: said }: Of<'refused'>): End {
  const message = refusedWords({ code, message: said });
  return {
    patch: { status: 'REFUSED', step: 'done', errorCode: code, errorMessage: message },
    events: [{ type: 'booking.cancel_refused', detail: { code, message } }],
    end: {
      clearsRequest: true,
      notifications: [
        notify(cancellation, 'cancellation_refused', `cancel_refused:${cancellation.id}`, { code, message }),
      ],
    },
  };
}

/** What is certain once the ticket is gone: what the bank did not take is not said to come back to the card. */
function wordsWithoutTicket(cancellation: Cancellation, refundedMinor: number): string {
  const { paid, refundMinor } = cancellation;
  if (refundMinor === null) return 'The ticket is cancelled; what comes back is being looked into.';
  const missing = moneyText({ ...paid, minor: owedToCard(cancellation) - refundedMinor });
  return `The ticket is cancelled. A refund of ${missing} to your card did not go through; they arrange how you get it.`;
}

function needsHuman(cancellation: Cancellation, { code, message, ticketGone }: Of<'human'>): End {
  const { id, attemptId } = cancellation;
  const certain = ticketGone
    ? wordsWithoutTicket(cancellation, ticketGone.refundedMinor)
    : 'Until they write, it is not certain whether the ticket is still valid.';
  const said = `A person is looking into the cancellation of your booking and will write to you. ${certain}`;
  return {
    patch: { status: 'NEEDS_HUMAN', errorCode: code, errorMessage: message },
    events: [{ type: 'booking.needs_human', detail: { code, message } }],
    end: {
      ...(ticketGone && {
        trip: tripCancelled(said),
        booking: bookingWith(ticketGone.refundedMinor),
      }),
      notifications: [
        opsAlert({
          kind: 'needs_human',
          code,
          message,
          about: whose(cancellation),
          attemptId,
          dedupe: `${id}:${code}`,
        }),
        notify(cancellation, 'cancellation_delayed', `cancellation_delayed:${id}:${code}`, {
          message: said,
        }),
      ],
    },
  };
}

/** REFUNDED says that the bank refunded, not that it was asked to. */
const bookingWith = (refundedMinor: number): NonNullable<CancellationEnd['booking']> => ({
  status: refundedMinor > 0 ? 'REFUNDED' : 'CANCELLED',
  refundedMinor,
});

/** The traveller was told that a refund had failed. */
const arrivedLate = (cancellation: Cancellation, refunded: Money) =>
  notify(cancellation, 'refund_update', `refund:${cancellation.tripId}:arrived:${refunded.minor}`, {
    message: `The refund has gone through: ${moneyText(refunded)} goes back to your card.`,
  });

const whose = ({ userId, tripId, correlationId }: Cancellation) => ({ userId, tripId, correlationId });

const notify = (
  cancellation: Cancellation,
  kind: NotificationKind,
  dedupeKey: string,
  data: Record<string, unknown>,
) => notificationRequest({ ...whose(cancellation), kind, dedupeKey, data });
