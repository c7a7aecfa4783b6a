import type { Money } from './money.ts';
import type { NotificationKind } from './notification.ts';
import type { Offer } from './offer.ts';
import type { SearchParams } from './search.ts';
import type { Criteria } from './selection.ts';
import type { TripStatus } from './trip.ts';

export const ATTEMPT_STATUSES = ['PENDING', 'SUCCESS', 'FAILED', 'NEEDS_HUMAN'] as const;
export type AttemptStatus = (typeof ATTEMPT_STATUSES)[number];

/** The step an attempt will take next. The order call is the pivot: before it we undo, after it we go on. */
export type StepName =
  | 'reprice'
  | 'authorize'
  | 'order'
  | 'settle'
  | 'capture'
  | 'confirm'
  | 'cancel_order'
  | 'void'
  | 'done';

/** Steps that move money or seats; each commits its intent before the call. */
export type MoneyStep = 'authorize' | 'order' | 'capture' | 'cancel_order' | 'void';

/** How long a worker's claim lasts unless renewed: the time a trip stands still when its worker is killed. */
export const CLAIM_MS = 20_000;

/** Why an attempt is undone, and where its trip goes then. */
export interface Unwind {
  readonly code: string;
  readonly message: string;
  /** `watch`: back to watching, checked again at the next tick; `search`: at once; the others end the trip. */
  readonly to: 'watch' | 'search' | 'failed' | 'cancelled';
  /** Which e-mail tells the traveller, if they need telling. */
  readonly notify?: NotificationKind;
  /** Whether ops should look. */
  readonly alert?: boolean;
}

/** What an order showed when it was made or adopted. */
export interface OrderFacts {
  readonly orderId: string;
  readonly bookingReference: string;
  readonly total: Money;
  readonly ticketNumbers: readonly string[];
}

/** One try at buying a trip, as the saga sees it. */
export interface Attempt {
  readonly id: string;
  readonly tripId: string;
  readonly userId: string;
  readonly number: number;
  readonly status: AttemptStatus;
  readonly step: StepName;
  readonly epoch: number;
  /** After it no new authorisation or order is begun. */
  readonly deadline: Date;
  /** Only these flights will do, when the traveller picked an offer by hand. */
  readonly wantedItinerary: string | null;
  readonly offer: Offer | null;
  readonly paymentIntentId: string | null;
  readonly captureBefore: Date | null;
  readonly order: OrderFacts | null;
  readonly unwind: Unwind | null;
  readonly correlationId: string;
  readonly trip: TripFacts;
}

/** What the saga must know of the trip it buys. */
export interface TripFacts {
  readonly status: TripStatus;
  readonly searchKey: string;
  readonly searchParams: SearchParams;
  readonly criteria: Criteria;
  /** The most that may be spent, as agreed. */
  readonly mandate: Money;
  /** Null when the traveller has no account at the payment provider. */
  readonly payer: Payer | null;
}

/** Who pays, at the payment provider. The card may be gone while a hold on it is still to be found: the customer stays. */
export interface Payer {
  readonly customerId: string;
  readonly paymentMethodId: string | null;
}

/**
 * The deterministic key of one external call: attempt, step and how often the step was begun, never time, never
 * chance. A step that may be begun again looks at the provider first, so that a new key can't mean a second effect.
 */
export function stepKey(attemptId: string, step: MoneyStep, tries: number): string {
  return tries === 1 ? `${attemptId}:${step}` : `${attemptId}:${step}:${tries}`;
}
