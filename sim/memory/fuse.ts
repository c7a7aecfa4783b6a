import type { Attempt } from '../../src/domain/attempt.ts';
import type { FuseStore } from '../../src/ports/storage/fuse.ts';
import type { FuseCharge, FuseCheck } from '../../src/ports/storage/fuse-check.ts';
import type { NewIntent } from '../../src/ports/storage/saga.ts';
import type { FuseChargeRow } from './fuse-rows.ts';
import type { Tables } from './tables.ts';

const HOUR = 3_600_000;
const MINUTE = 60_000;

/** The fuse in memory. Nobody operates it. */
export function createMemoryFuse(tables: Tables): Pick<FuseStore, 'reason' | 'userAtLimit'> {
  return {
    reason: async () => tables.fuse.reason,
    async userAtLimit(userId, { maxMinor, maxBookings }) {
      const { spent, bookings } = usedBy(tables, userId);
      return (maxMinor !== null && spent >= maxMinor) || (maxBookings !== null && bookings >= maxBookings);
    },
  };
}

/** What a commit does to the fuse, as `commit_attempts` in migrations/0009. @returns why the intent is refused, or null */
export function checkFuse(
  tables: Tables,
  attempt: Attempt,
  { charge, credit, requiresArmed, maxUnknownPerHour }: FuseCheck,
  intent: NewIntent | undefined,
): string | null {
  const { fuse } = tables;
  if (maxUnknownPerHour !== undefined) countUnknown(tables, maxUnknownPerHour);
  const tries = charge ? (intent?.tries ?? 0) : null;
  if (credit)
    for (const row of fuse.charges)
      if (row.attemptId === attempt.id && row.tries !== tries) row.credited = true;
  if ((charge || requiresArmed) && fuse.reason) return fuse.reason;
  if (!charge || tries === null) return null;
  if (fuse.charges.some((row) => row.attemptId === attempt.id && row.tries === tries)) return null;
  const userStop = tooMuchForUser(tables, attempt.userId, charge);
  if (userStop) return userStop;
  const why = tooMuch(tables, charge);
  if (why === 'spend_per_hour' && !charge.rated) return 'unrated_currency';
  if (why) tables.blowFuse(why);
  else {
    const { amount } = charge;
    const { id: attemptId, userId } = attempt;
    fuse.charges.push({ attemptId, userId, tries, at: tables.now(), amount, credited: false });
  }
  return why;
}

const minorOf = (rows: readonly FuseChargeRow[]): number =>
  rows.reduce((sum, { amount, credited }) => sum + (credited ? 0 : amount.minor), 0);

const lastHour = ({ fuse, now }: Tables): FuseChargeRow[] =>
  fuse.charges.filter(({ at }) => at > now() - HOUR);

function usedBy(tables: Tables, userId: string): { spent: number; bookings: number } {
  const own = lastHour(tables).filter((row) => row.userId === userId);
  return { spent: minorOf(own), bookings: own.length };
}

function tooMuchForUser(tables: Tables, userId: string, charge: FuseCharge): string | null {
  const { amount, maxMinorPerUserHour, maxPerUserHour } = charge;
  const { spent, bookings } = usedBy(tables, userId);
  if (maxMinorPerUserHour !== null && spent + amount.minor > maxMinorPerUserHour)
    return 'user_spend_per_hour';
  return maxPerUserHour !== null && bookings + 1 > maxPerUserHour ? 'user_bookings_per_hour' : null;
}

function tooMuch(tables: Tables, { amount, maxMinorPerHour, maxPerMinute }: FuseCharge): string | null {
  const hour = lastHour(tables);
  if (minorOf(hour) + amount.minor > maxMinorPerHour) return 'spend_per_hour';
  const bookings = hour.filter(({ at }) => at > tables.now() - MINUTE).length;
  return bookings + 1 > maxPerMinute ? 'bookings_per_minute' : null;
}

function countUnknown(tables: Tables, maxPerHour: number): void {
  const now = tables.now();
  tables.fuse.unknowns.push(now);
  const seen = tables.fuse.unknowns.filter((at) => at > now - HOUR).length;
  if (seen > maxPerHour) tables.blowFuse('unknown_outcomes');
}
