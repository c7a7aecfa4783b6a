import type { Money } from '../../src/domain/money.ts';

/** What an authorization was counted as. */
export interface FuseChargeRow {
  attemptId: string;
  tries: number;
  userId: string;
  at: number;
  amount: Money;
  credited: boolean;
}

/** The fuse, armed, with nothing counted. */
export const newFuse = () => ({
  reason: null as string | null,
  blownAt: null as number | null,
  charges: [] as FuseChargeRow[],
  unknowns: [] as number[],
});
