import type { Clock } from '../../clock.ts';
import { type Attempt, type MoneyStep, type StepName, stepKey } from '../../domain/attempt.ts';
import type { Change, Ending, PastIntent } from '../../domain/attempt-change.ts';
import type { Announcing, AttemptStore, Claim } from './ports.ts';

/** What a worker holds of the attempt it has claimed. */
export interface Claimed extends Announcing {
  /** Moves the attempt on; it is written at once, or together with the intent that follows. */
  move(attempt: Attempt, change: Change): Promise<Attempt>;
  finish(attempt: Attempt, ending: Ending): Promise<void>;
  release(attempt: Attempt): Promise<void>;
}

/** These steps announce a call before anything else of theirs takes time, or end the attempt. */
const ANNOUNCING: ReadonlySet<StepName> = new Set(['authorize', 'order', 'capture', 'confirm']);

/**
 * A claimed attempt in one worker's hands. While its epoch is the newest nobody else writes the attempt's intents, so
 * what is known of them here is the truth; a write under an older epoch is refused whole.
 *
 * What came of a call waits for the next write, so that an outcome and the next intent are one commit. A worker that dies
 * meanwhile leaves what it would have left by dying a moment sooner: an intent without an outcome, which is looked up.
 */
export function hold(store: AttemptStore, { intents }: Claim, clock: Pick<Clock, 'now'>): Claimed {
  const now = () => clock.now().getTime();
  const known = new Map(
    intents.map(({ ageMs, ...intent }) => [intent.step, { ...intent, at: now() - ageMs }]),
  );
  let waiting: Change[] = [];
  const take = () => {
    const changes = waiting;
    waiting = [];
    return changes;
  };
  const learn = (step: MoneyStep, intent: Omit<PastIntent, 'step' | 'ageMs'>) =>
    known.set(step, { step, ...intent, at: now() });

  return {
    keepOffers: store.keepOffers,
    passengers: store.passengers,
    begun(step) {
      const intent = known.get(step);
      return intent ? { outcome: intent.outcome, ageMs: now() - intent.at } : null;
    },
    async intend(attempt, step, request, mode) {
      const past = known.get(step);
      const fresh = !past || mode === 'again' || past.outcome === 'not_attempted';
      const tries = past ? past.tries + Number(fresh) : 1;
      const key = stepKey(attempt.id, step, tries);
      const stop = await store.commit(attempt, take(), { step, key, tries, request, fresh });
      if (past && !fresh) return { stop, key, fresh, outcome: past.outcome, ageMs: now() - past.at };
      if (!stop) learn(step, { key, tries, outcome: null });
      return { stop, key, fresh, outcome: null, ageMs: 0 };
    },
    async move(attempt, change) {
      const { settle } = change;
      const settled = settle && known.get(settle.step);
      if (settled) known.set(settle.step, { ...settled, outcome: settle.outcome });
      waiting.push(change);
      if (!ANNOUNCING.has(change.step) || change.pauseMs) await store.commit(attempt, take());
      return { ...attempt, step: change.step, ...change.patch };
    },
    finish: (attempt, ending) => store.finish(attempt, take(), ending),
    async release(attempt) {
      const changes = take();
      if (changes.length) await store.commit(attempt, changes);
      await store.release(attempt);
    },
  };
}
