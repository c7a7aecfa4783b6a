import type { StepName } from '../../domain/attempt.ts';
import type { WebhookSource } from '../webhooks.ts';
import type { AttemptSummary } from './attempt-directory.ts';

/** A live attempt that takes longer than it should. */
export interface OverdueAttempt {
  readonly id: string;
  readonly tripId: string;
  readonly userId: string;
  readonly step: StepName;
  readonly correlationId: string;
}

/** A notification that was not sent in time. */
export interface UnsentNotification {
  readonly id: string;
  readonly correlationId: string | null;
}

/** A webhook event that was not processed in time. */
export interface UnprocessedEvent {
  readonly provider: WebhookSource;
  readonly eventId: string;
}

/** Finds stuck work in storage alone: it needs nothing that Redis remembers. */
export interface StuckWorkStore {
  /** Live attempts whose claim lapsed, or that are unclaimed and did not change for `idleMs`; oldest first. */
  abandonedAttempts(idleMs: number, limit: number): Promise<AttemptSummary[]>;
  /** Notifications older than `staleMs` that are neither sent nor given up, and that no worker is sending. */
  unsentNotifications(staleMs: number, limit: number): Promise<UnsentNotification[]>;
  /** Webhook events older than `staleMs` that are not processed. */
  unprocessedEvents(staleMs: number, limit: number): Promise<UnprocessedEvent[]>;
  /** Live attempts that started more than `ms` ago, whether or not a worker has claimed them. */
  overdueAttempts(ms: number, limit: number): Promise<OverdueAttempt[]>;
}
