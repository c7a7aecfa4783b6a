import { sql } from 'kysely';
import type { IntentOutcome } from '../domain/saga.ts';
import type { NewIntent } from '../ports/storage/saga.ts';
import type { Trx } from './client/index.ts';

/** Closes the intents of an attempt. */
export async function recordOutcomes(
  trx: Trx,
  attemptId: string,
  outcomes: readonly IntentOutcome[],
): Promise<void> {
  for (const { step, outcome, result = {} } of outcomes)
    await trx
      .updateTable('bookingSteps')
      .set({ outcome, result: JSON.stringify(result), settledAt: sql`now()` })
      .where('attemptId', '=', attemptId)
      .where('step', '=', step)
      .execute();
}

/** Records the intent of a call; an earlier one of the same step gives way to it. */
export async function recordIntent(
  trx: Trx,
  whose: { readonly attemptId: string; readonly userId: string; readonly epoch: number },
  { step, key, tries, request }: NewIntent,
): Promise<void> {
  const intent = { ...whose, step, key, tries, request: JSON.stringify(request) };
  await trx
    .insertInto('bookingSteps')
    .values(intent)
    .onConflict((conflict) =>
      conflict.columns(['attemptId', 'step']).doUpdateSet({
        key,
        tries,
        epoch: whose.epoch,
        request: intent.request,
        outcome: null,
        settledAt: null,
        intendedAt: sql`now()`,
      }),
    )
    .execute();
}
