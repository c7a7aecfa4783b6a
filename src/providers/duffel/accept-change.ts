import { Permanent } from '../../errors.ts';
import { ChangeRefused } from '../../ports/flights.ts';
import type { DuffelClient } from './client.ts';

const DEADLINE_MS = 15_000;

/** The code of a change that is not the order's latest. Source: Duffel, "Errors". */
const STALE = 'stale_airline_initiated_change_accept';

/** @throws ChangeRefused · Retryable, after which it may be accepted all the same */
export async function acceptChange(client: DuffelClient, changeId: string): Promise<void> {
  await client
    .call(DEADLINE_MS, (sdk) => sdk.airlineInitiatedChanges.accept(changeId))
    .catch(asChangeRefusal);
}

/** @throws ChangeRefused for a definite no, else the error as it came */
export function asChangeRefusal(error: unknown): never {
  if (!(error instanceof Permanent)) throw error;
  throw new ChangeRefused(error.code, error.code === STALE ? 'superseded' : 'refused', error.message);
}
