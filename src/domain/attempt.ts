import type { CaseTerms } from './case.ts';
import type { FareRef } from './failed-fares.ts';
import type { Money } from './money.ts';
import type { NotificationKind } from './notification.ts';
import type { Offer } from './offer.ts';
import type { CompensationAlert } from './ops-alert.ts';
import type { SagaEvent } from './saga.ts';
import type { SearchParams } from './search.ts';
import type { Criteria } from './selection.ts';
import type { TripStatus } from './trip.ts';

/** NEEDS_HUMAN waits for a person; SUCCESS and FAILED are final. */
export const ATTEMPT_STATUSES = ['PENDING', 'SUCCESS', 'FAILED', 'NEEDS_HUMAN'] as const;
/** Where an attempt stands. */
export type AttemptStatus = (typeof ATTEMPT_STATUSES)[number];

/** The step an attempt takes next. The order call is the pivot: before it a fault is compensated, after it the saga goes on. */
export type StepName =
  | 'reprice'
  | 'authorize'
  | 'confirm_payment'
  | 'order'
  | 'settle'
  | 'capture'
  | 'confirm'
  | 'cancel_order'
  | 'void'
  | 'done';

/** How long a worker's claim lasts unless renewed, in ms: how long an attempt waits after its worker was killed. */
export const CLAIM_MS = 20_000;

/** Why an attempt is compensated, and where its trip goes then. */
export interface Compensation {
  readonly code: string;
  readonly message: string;
  /** `watch`: back to watching, checked again at the next tick; `search`: at once; the others end the trip. */
  readonly to: 'watch' | 'search' | 'failed' | 'cancelled';
  /** Which e-mail tells the traveller, if they need telling. */
  readonly notify?: NotificationKind;
  /** Which alert ops get, if any. Versions before wrote `true`. */
  readonly alert?: CompensationAlert | true;
  /** The fare that could not be bought: it is left alone for a while, so that the next best is tried. */
  readonly failedFare?: FareRef;
}

/** What an order showed when it was made or adopted. */
export interface OrderFacts {
  readonly orderId: string;
  /** Null while the airline has not said it. */
  readonly bookingReference: string | null;
  readonly total: Money;
  readonly ticketNumbers: readonly string[];
  /** The seller's id of the passenger of each ticket; absent where it does not say whose they are. */
  readonly passengerIds?: readonly string[];
}

/** The tickets in the order of the travellers, as they were named to the seller. @param passengers the offer's */
export function ticketsOfTravellers(
  { ticketNumbers, passengerIds }: Pick<OrderFacts, 'ticketNumbers' | 'passengerIds'>,
  passengers: readonly { readonly id: string }[],
): readonly string[] {
  const ordered = passengers.map(({ id }) => ticketNumbers[passengerIds?.indexOf(id) ?? -1]);
  const known = ordered.filter((ticket) => ticket !== undefined);
  return known.length === ticketNumbers.length ? known : ticketNumbers;
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
  /** After it no new authorization and no new order begins. */
  readonly deadline: Date;
  /** The key of the fare that the traveller picked by hand; null where the search chooses. */
  readonly wantedItinerary: string | null;
  /** That fare, as the traveller saw it: no other will do. Null too in an attempt that a version before started by hand. */
  readonly wantedFare: Offer | null;
  readonly offer: Offer | null;
  readonly paymentIntentId: string | null;
  readonly captureBefore: Date | null;
  readonly order: OrderFacts | null;
  readonly compensation: Compensation | null;
  /** Orders that the seller named and that may not be on its lists yet: read by id. */
  readonly hintedOrderIds: readonly string[];
  /** When the seller said, by a signed event, that it made no order. */
  readonly orderFailedAt: Date | null;
  /** When the traveller asked not to wait for an order of unknown outcome any longer. */
  readonly releaseRequestedAt: Date | null;
  /** What a person accepted when they decided about the attempt. */
  readonly caseTerms: CaseTerms | null;
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

/** Who pays, at the payment provider. The card may be gone while an authorization on it is still to be found: the customer stays. */
export interface Payer {
  readonly customerId: string;
  readonly paymentMethodId: string | null;
}

/**
 * What a step changes of its attempt: the one shape from a step to storage. `src/db/attempt-columns.ts` maps each field
 * to its column.
 */
export interface AttemptPatch
  extends Partial<
    Pick<
      Attempt,
      | 'status'
      | 'step'
      | 'offer'
      | 'paymentIntentId'
      | 'captureBefore'
      | 'order'
      | 'compensation'
      | 'deadline'
    >
  > {
  readonly errorCode?: string;
  readonly errorMessage?: string;
}

/** How an attempt ends. */
export type AttemptOutcome =
  | { readonly kind: 'booked' }
  | {
      readonly kind: 'compensated';
      readonly compensation: Compensation;
      readonly events?: readonly SagaEvent[];
    }
  | { readonly kind: 'human'; readonly code: string; readonly message: string };

/** A new attempt's fields that steps fill in. */
export const NEW_ATTEMPT = {
  status: 'PENDING',
  step: 'reprice',
  epoch: 0,
  offer: null,
  paymentIntentId: null,
  captureBefore: null,
  order: null,
  compensation: null,
  hintedOrderIds: [],
  orderFailedAt: null,
  releaseRequestedAt: null,
  caseTerms: null,
} as const satisfies Partial<Attempt>;
