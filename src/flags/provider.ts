import type { FlagKey, FlagProvider } from '../ports/flags.ts';
import { createFreshness, type FlagSource } from './freshness.ts';
import { safeValue } from './registry.ts';

/** At rest the service is asked this often, so that readiness, metrics and alerts are true while nothing is booked. */
export const HEARTBEAT_MS = 3_000;

/** A flag service whose flags take their safe values while they are not known to be current. */
export async function withFreshness(
  service: Pick<FlagProvider, 'evaluate' | 'close'> & FlagSource,
): Promise<FlagProvider> {
  const freshness = createFreshness(service, Date.now);
  await freshness.confirm();
  const heartbeat = setInterval(() => void freshness.confirm(), HEARTBEAT_MS);
  return {
    ...freshness,
    evaluate: async (key: FlagKey, userId) =>
      freshness.live() ? service.evaluate(key, userId) : safeValue(key),
    async close() {
      clearInterval(heartbeat);
      await service.close();
    },
  };
}
