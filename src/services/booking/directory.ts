import type { Attempt, AttemptStatus, OrderFacts, StepName } from '../../domain/attempt.ts';
import type { Offer } from '../../domain/offer.ts';

/** An attempt as somebody sees it who comes from outside: from a webhook, a vendor's list, a sweep. */
export interface KnownAttempt {
  readonly id: string;
  readonly tripId: string;
  readonly number: number;
  readonly status: AttemptStatus;
  readonly step: StepName;
  readonly epoch: number;
  readonly correlationId: string;
  readonly paymentIntentId: string | null;
  readonly orderId: string | null;
}

/** Ids that say where to look; what is there, the provider says. */
export interface Refs {
  readonly paymentIntentId?: string | undefined;
  readonly orderId?: string | undefined;
  readonly offerId?: string | undefined;
  readonly attemptId?: string | undefined;
}

/** What an attempt has at a provider though our tables say otherwise, and the step that deals with it. */
export type Found =
  | { readonly step: 'cancel_order'; readonly order: OrderFacts }
  | { readonly step: 'void'; readonly paymentIntentId: string }
  /** The tables forgot how far the attempt came: it goes on from what the providers have. */
  | {
      readonly step: 'capture';
      readonly order: OrderFacts;
      readonly offer: Offer;
      readonly paymentIntentId: string;
    };

/** Attempts, found by what others call them, and sent back to work. */
export interface AttemptDirectory {
  /** The newest attempt that any of these names. */
  named(refs: Refs): Promise<KnownAttempt | undefined>;
  byIds(ids: readonly string[]): Promise<KnownAttempt[]>;
  /** Asks for the attempt's saga. @param why makes the job's id another one than before */
  nudge(
    attempt: Pick<KnownAttempt, 'id' | 'tripId' | 'number' | 'correlationId'>,
    why: string,
  ): Promise<void>;
  /**
   * Raises the attempt's epoch and sends it to the step that deals with what was found.
   * @returns false when it changed meanwhile, or its trip has another live attempt: look again later
   */
  resume(attempt: KnownAttempt, found: Found, why: string): Promise<boolean>;
  /**
   * Takes in an attempt that our tables never had or have forgotten, for a trip they know.
   * `busy`: the trip has another live attempt; look again later.
   */
  adopt(
    attempt: Pick<Attempt, 'id' | 'tripId'>,
    found: Found,
    why: string,
  ): Promise<'adopted' | 'busy' | 'no_trip'>;
}
