import type { AccountTroubleRow, AccountTroubleStore } from '../../src/ports/storage/account-troubles.ts';

const MINUTE = 60_000;
const QUIET_MS = 60 * MINUTE;
const LONGEST_MS = 15 * MINUTE;

/** Troubles with our accounts in memory, as in Postgres. */
export function createMemoryAccountTroubles(now: () => number): AccountTroubleStore {
  const rows = new Map<string, AccountTroubleRow & { pauses: number; lastAt: number; pausedUntil: number }>();
  return {
    async record({ vendor, code }) {
      const at = now();
      const known = rows.get(vendor);
      const earlier = known && at - known.lastAt <= QUIET_MS ? known : undefined;
      const paused = known !== undefined && known.pausedUntil > at;
      const pauses = earlier ? earlier.pauses + Number(!paused) : 1;
      const pausedUntil = paused
        ? known.pausedUntil
        : at + Math.min(LONGEST_MS, MINUTE * 2 ** Math.min(pauses - 1, 10));
      rows.set(vendor, {
        vendor,
        code,
        since: earlier?.since ?? new Date(at),
        pauses,
        lastAt: at,
        pausedUntil,
      });
    },
    active: async () =>
      [...rows.values()]
        .filter(({ pausedUntil }) => pausedUntil > now())
        .map(({ vendor, code, since }) => ({ vendor, code, since }))
        .toSorted((a, b) => a.vendor.localeCompare(b.vendor)),
  };
}
