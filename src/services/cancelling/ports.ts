import type {
  Cancellation,
  CancellationOutcome,
  CancellationPatch,
  CancellationStep,
} from '../../domain/cancellation.ts';
import type { FlightProvider } from '../../ports/flights.ts';
import type { PaymentProvider } from '../../ports/payments.ts';
import type { CancellationEnd, CancellationStore } from '../../ports/storage/cancellations.ts';
import type { CommonSagaPorts, StepPorts } from '../saga/run.ts';
import type { StepResult } from '../saga/step.ts';

/** Everything the cancelling saga sees of the world. */
export interface CancellingPorts extends CommonSagaPorts<Cancellation, CancellationPatch, CancellationEnd> {
  readonly store: CancellationStore;
  readonly flights: Pick<FlightProvider, 'order' | 'quoteCancellation' | 'confirmCancellation'>;
  readonly payments: Pick<PaymentProvider, 'refund' | 'refundsOf' | 'disputesOf'>;
  readonly settings: CancellingSettings;
}

export interface CancellingSettings {
  /** How long a claim lasts unless renewed, in ms. */
  readonly claimMs: number;
  /** How long an order may read as live after its confirmation before a fresh quote is asked for, in ms. */
  readonly verifyOrderMs: number;
  /**
   * How long a refund whose answer was lost is looked up before it is asked for again, in ms. Longer than the payment SDK's
   * own deadline with its repeats, so that no call of ours can still be under way.
   */
  readonly refundLookupMs: number;
  /** How long a pending refund is waited for before the cancellation ends with it still on its way, in ms. */
  readonly pendingRefundMs: number;
  /** How long a refund may be missing at the bank before a person is called, in ms. */
  readonly verifyRefundMs: number;
}

/** What the steps of the cancelling saga are given, and what they decide. */
export type CancellingStepPorts = StepPorts<Cancellation, CancellingPorts>;
export type CancellingStepResult = StepResult<CancellationStep, CancellationPatch, CancellationOutcome>;
