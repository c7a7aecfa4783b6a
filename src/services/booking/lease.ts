import type { Attempt } from '../../domain/attempt.ts';
import { Fenced } from '../../errors.ts';
import type { AttemptStore, SagaPorts } from './ports.ts';

/** Renewals in a claim's life: two may fail before it lapses. */
const RENEWALS = 3;

/**
 * Runs the saga while keeping its claim alive: the order call alone may outlast the claim by minutes. Renewal stops with
 * the run, and with the process, so that a killed worker's claim lapses.
 *
 * A process that was stopped for a while (a laptop's lid, a pause of the host) wakes up between the commit of an intent
 * and the call it announces, and no fence is asked there: so the claim's age by the worker's own clock is looked at.
 */
export async function withLease<T>(ports: SagaPorts, run: (ports: SagaPorts) => Promise<T>): Promise<T> {
  const { store, clock } = ports;
  const { claimMs } = ports.settings;
  let held: Attempt | null = null;
  const whenLost = (error: unknown) => {
    if (error instanceof Fenced) held = null;
  };
  const end = clock.every(claimMs / RENEWALS, () => {
    if (held) store.renew(held).catch(whenLost);
  });
  const commit: AttemptStore['commit'] = async (attempt, changes, next) => {
    const asked = clock.now().getTime();
    const stop = await store.commit(attempt, changes, next);
    if (next && clock.now().getTime() - asked >= claimMs)
      throw new Fenced(`attempt ${attempt.id}: its claim lapsed while the intent was on its way`);
    return stop;
  };
  const watched = {
    ...store,
    commit,
    claim: async (attemptId: string) => {
      const claim = await store.claim(attemptId);
      held = claim?.attempt ?? null;
      return claim;
    },
    release: async (attempt: Attempt) => {
      held = null;
      await store.release(attempt);
    },
  };
  try {
    return await run({ ...ports, store: watched });
  } finally {
    end();
  }
}
