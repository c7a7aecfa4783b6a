import type { FuseReason } from './fuse.ts';
import type { NotificationRequest } from './notifications.ts';

/** An authorization or an order of ours at a vendor that no trip of ours accounts for. */
export interface Orphan {
  readonly providerId: string;
  /** `hold` is an authorization. */
  readonly kind: 'hold' | 'order';
  /** What is done about it: an authorization without an order is voided; for an order a person decides. */
  readonly action: 'release' | 'human';
  /** The attempt in whose name the vendor has it. */
  readonly attemptId: string | null;
}

/** What is stored together with an orphan that is new. `services/reconciling/record-orphan.ts` decides it. */
export interface OrphanNews {
  readonly notification: NotificationRequest;
  /** Blows the fuse; its notification is stored only if the fuse was armed until now. */
  readonly breach: { readonly reason: FuseReason; readonly notification: NotificationRequest } | null;
}

/** Orphans in storage. The row is the intent of what is done about one, and is committed before it is done. */
export interface OrphanStore {
  /** Records an orphan once, by its id at the vendor, in one transaction with its news. @returns false once its outcome is recorded */
  recordIntent(orphan: Orphan, news: OrphanNews): Promise<boolean>;
  recordOutcome(providerId: string, outcome: string): Promise<void>;
}
