import type { FlightProvider } from '../../providers/duffel/index.ts';
import type { PaymentProvider } from '../../providers/stripe/index.ts';
import type { AttemptDirectory, Refs } from '../booking/directory.ts';
import type { OrphanStore } from '../booking/orphans.ts';

export type WebhookSource = 'stripe' | 'duffel';

/** A verified event, down to the ids it names. */
export interface WebhookEvent {
  readonly provider: WebhookSource;
  readonly eventId: string;
  readonly type: string;
  /** The same news under another event id has the same key. */
  readonly dedupeKey: string;
  readonly refs: Refs;
}

/** Events in storage. */
export interface EventStore {
  /** Stores an event once and asks for a look, in one transaction. */
  keep(event: WebhookEvent): Promise<void>;
  find(provider: WebhookSource, eventId: string): Promise<{ refs: Refs; processed: boolean } | undefined>;
  close(provider: WebhookSource, eventId: string, outcome: string): Promise<void>;
}

export interface LookPorts {
  readonly events: EventStore;
  readonly directory: AttemptDirectory;
  readonly orphans: OrphanStore;
  readonly flights: Pick<FlightProvider, 'order'>;
  readonly payments: Pick<PaymentProvider, 'hold'>;
}
