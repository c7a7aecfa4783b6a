import type { CancellationOutcome, CancellationPatch, CancellationStep } from '../../domain/cancellation.ts';
import { type Dispute, forbidsRefund } from '../../domain/dispute.ts';
import { BOOKING_CANCELLED, type TripTransition } from '../../domain/trip.ts';
import { resultsOf } from '../saga/step.ts';
import type { CancellingStepResult } from './ports.ts';

/** How soon a vendor that has not caught up is looked at again, in ms. */
export const LOOK_AGAIN_MS = 2_000;

export const { next, finish } = resultsOf<CancellationStep, CancellationPatch, CancellationOutcome>();

/** A person takes over while the booking has its ticket; the step stays as it is. */
export const toHuman = (code: string, message: string): CancellingStepResult =>
  finish({ kind: 'human', code, message });

/** A person takes over once the ticket is gone; the step stays as it is. @param refundedMinor what the bank has refunded so far */
export const toHumanWithoutTicket = (
  code: string,
  message: string,
  refundedMinor = 0,
): CancellingStepResult => finish({ kind: 'human', code, message, ticketGone: { refundedMinor } });

/** From CANCELLED as well: the trip is cancelled once the ticket is gone, and what comes back is said at the end. */
export const tripCancelled = (message: string): TripTransition => ({
  from: ['BOOKED', 'CANCELLED'],
  to: 'CANCELLED',
  outcome: { code: BOOKING_CANCELLED, message },
});

/** Whether a payment is in dispute, or was lost in one. */
export const paymentDisputed = (dispute: Dispute): boolean => !dispute.closed || forbidsRefund(dispute);
