import type { Attempt } from '../../domain/attempt.ts';
import { Fenced } from '../../errors.ts';
import type { SagaPorts } from './ports.ts';

/** A third of the claim's life (db/attempts.ts), so that two renewals may fail before it lapses. */
const RENEW_EVERY_MS = 6_000;

/**
 * Runs the saga while keeping its claim alive: the order call alone may outlast the claim by minutes. Renewal stops with
 * the run, and with the process, so that a killed worker's claim lapses.
 */
export async function withLease<T>(ports: SagaPorts, run: (ports: SagaPorts) => Promise<T>): Promise<T> {
  let held: Attempt | null = null;
  const timer = setInterval(() => {
    if (held) ports.store.renew(held).catch(whenLost);
  }, RENEW_EVERY_MS);
  const whenLost = (error: unknown) => {
    if (error instanceof Fenced) held = null;
  };
  const { store } = ports;
  const watched = {
    ...store,
    claim: async (attemptId: string) => (held = await store.claim(attemptId)),
    release: async (attempt: Attempt) => {
      held = null;
      await store.release(attempt);
    },
  };
  try {
    return await run({ ...ports, store: watched });
  } finally {
    clearInterval(timer);
  }
}
