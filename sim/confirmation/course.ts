import type { Chance } from '../chance.ts';

/** What the bank wants of a trip's payments, and what its traveller does about it. */
export interface BankCourse {
  /** Of so many authorizations, the first ones, the bank wants the traveller's confirmation. */
  readonly asksFor: number;
  /**
   * `confirms` · `ignores` · `fails`: the bank's check, once, and then passes it · `declined`: the bank says no once it is passed ·
   * `late`: at about the last moment
   */
  readonly traveller: 'confirms' | 'ignores' | 'fails' | 'declined' | 'late';
  /** How soon after they were asked; for `late`, before or after the last moment. */
  readonly afterMs: number;
  /** In how many tabs at once. */
  readonly tabs: 1 | 2;
  /** Whether their browser tells us, before or after it is true, or leaves it to the webhook. */
  readonly tells: 'before' | 'after' | 'both' | 'never';
}

/** A bank that asks back only when struck, and a traveller who reads their mail. */
export const PROMPT: BankCourse = {
  asksFor: 0,
  traveller: 'confirms',
  afterMs: 30_000,
  tabs: 1,
  tells: 'after',
};

const MINUTE = 60_000;

/** Drawn apart from all else, so that older seeds buy as they did. */
export function bankCourses(chance: Chance, trips: number): readonly BankCourse[] {
  return Array.from({ length: trips }, () => {
    const traveller = chance.pick(['confirms', 'confirms', 'ignores', 'fails', 'declined', 'late'] as const);
    return {
      asksFor: chance.hits(0.15) ? chance.pick([1, 1, 2]) : 0,
      traveller,
      afterMs: traveller === 'late' ? chance.between(-5_000, 5_000) : chance.skewed(1_000, 20 * MINUTE),
      tabs: chance.pick([1, 1, 2] as const),
      tells: chance.pick(['before', 'after', 'both', 'never'] as const),
    };
  });
}
