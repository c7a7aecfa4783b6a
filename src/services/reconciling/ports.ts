import type { Clock } from '../../clock.ts';
import type { StepName } from '../../domain/attempt.ts';
import type { ListedOrder } from '../../providers/duffel/index.ts';
import type { ListedHold } from '../../providers/stripe/index.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { AttemptDirectory, KnownAttempt } from '../booking/directory.ts';
import type { OrphanStore } from '../booking/orphans.ts';
import type { WebhookSource } from '../webhooks/ports.ts';

/** What stands still in storage. */
export interface StandingStore {
  /** Attempts whose worker died and whose claim lapsed, or to whom nobody has come back for `idleMs`. */
  abandoned(idleMs: number, limit: number): Promise<KnownAttempt[]>;
  /** Notifications that wait longer than their job should have taken. */
  unsent(staleMs: number, limit: number): Promise<{ id: string; correlationId: string | null }[]>;
  resend(notification: { id: string; correlationId: string | null }, why: string): Promise<void>;
  unlooked(staleMs: number, limit: number): Promise<{ provider: WebhookSource; eventId: string }[]>;
  lookAgain(event: { provider: WebhookSource; eventId: string }, why: string): Promise<void>;
  /** Live attempts that began longer than `ms` ago. */
  stuck(ms: number, limit: number): Promise<Stuck[]>;
  /** Tells ops of a blown fuse, once an hour. */
  alertFuse(): Promise<void>;
  /** Tells ops, once per attempt and code. */
  alert(
    about: Pick<Stuck, 'id' | 'tripId' | 'userId' | 'correlationId'>,
    code: string,
    message: string,
  ): Promise<void>;
}

export interface Stuck {
  readonly id: string;
  readonly tripId: string;
  readonly userId: string;
  readonly step: StepName;
  readonly correlationId: string;
}

export interface StandingPorts {
  readonly standing: StandingStore;
  readonly directory: AttemptDirectory;
  readonly clock: Clock;
}

export interface VendorPorts {
  readonly orphans: OrphanStore;
  readonly directory: AttemptDirectory;
  readonly clock: Clock;
  readonly log: Logger;
  readonly flights: { ordersSince(since: Date): Promise<readonly ListedOrder[]> };
  readonly payments: {
    holdsSince(since: Date): Promise<readonly ListedHold[]>;
    release(paymentIntentId: string, key: string): Promise<void>;
  };
}
