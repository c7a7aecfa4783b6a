import type { Kysely } from 'kysely';
import type { DB } from '../db/client.ts';
import type { Logger } from '../telemetry/logger.ts';

/** What nearly every use-case needs: a database, and a nudge for the outbox after a commit. */
export interface Storage {
  readonly db: Kysely<DB>;
  /** Called after a commit that may have left jobs in the outbox. */
  readonly afterCommit: () => void;
}

export interface Logging {
  readonly log: Logger;
}

/** How often things are looked at. */
export interface Cadence {
  /** From one check of a trip to the next. */
  readonly watchIntervalMs: number;
  /** How long the answer of a shared search serves all who want it. */
  readonly freshnessMs: number;
}
