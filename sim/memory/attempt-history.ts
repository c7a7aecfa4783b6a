import { AUTHORIZATION_HISTORY_MS, authorizationOutcome } from '../../src/domain/authorization-limits.ts';
import type { AttemptHistory } from '../../src/ports/storage/attempt-history.ts';
import type { Tables } from './tables.ts';

/** What came of earlier attempts, in memory. */
export function createMemoryAttemptHistory(tables: Tables): AttemptHistory {
  const since = () => tables.now() - AUTHORIZATION_HISTORY_MS;
  return {
    async failedFares(tripIds) {
      const fares = new Map(
        tripIds.map((id) => [
          id,
          tables.attemptsOf(id).flatMap(({ compensation, step, updatedAt }) => {
            // An attempt that is over is written no more.
            const fare = step === 'done' && updatedAt > since() ? compensation?.failedFare : undefined;
            return fare ? [{ ...fare, at: new Date(updatedAt) }] : [];
          }),
        ]),
      );
      return new Map([...fares].filter(([, some]) => some.length));
    },
    async authorizations(tripIds) {
      const all = [...tables.attempts.values()].flatMap(({ id, tripId, status }) => {
        const step = tables.step(id, 'authorize');
        if (!step || step.intendedAt <= since()) return [];
        const outcome = authorizationOutcome({ intentOutcome: step.outcome, status });
        const {
          card = null,
          minor,
          currency,
        } = step.request as {
          card?: string;
          minor: number;
          currency: string;
        };
        const amount = { minor, currency };
        return outcome ? [{ at: new Date(step.intendedAt), tripId, card, amount, outcome }] : [];
      });
      return new Map(
        tripIds.flatMap((id) => {
          const trip = tables.trips.get(id);
          if (!trip) return [];
          const { paymentMethodId: card } = trip;
          const past = all.filter((one) => one.tripId === id || (card !== null && one.card === card));
          return [[id, { card, past }] as const];
        }),
      );
    },
  };
}
