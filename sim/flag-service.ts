import { type FlagKey, safeValue } from '../src/flags/registry.ts';
import type { FlippedFlag } from './scenario.ts';
import type { VirtualTime } from './virtual-time.ts';

/** A thrown flag reaches every worker within this. */
const FLAG_TRAVEL_MS = 1_500;
/** A lost stream to the flag service is forgiven this long, as in providers/launchdarkly.ts. */
export const OUTAGE_GRACE_MS = 10_000;

/** LaunchDarkly as workers see it: a change takes a while to arrive, and the service may be away. */
export class FlagService {
  /** A flag held at its stopping side, for whoever lives through an incident again. */
  stopped: FlagKey | null = null;
  readonly #time: VirtualTime;
  readonly #thrown = new Map<FlippedFlag, { on: boolean; at: number }>();

  constructor(time: VirtualTime) {
    this.#time = time;
  }

  throw(flag: FlippedFlag, on: boolean): void {
    this.#thrown.set(flag, { on, at: this.#time.now });
  }

  /** Milliseconds since the flag was last thrown to that side; −1 while it is on the other. */
  since(flag: FlippedFlag, on: boolean): number {
    const thrown = this.#thrown.get(flag);
    return thrown?.on === on ? this.#time.now - thrown.at : -1;
  }

  evaluate = async (key: FlagKey): Promise<boolean> => {
    if (key === this.stopped) return key !== 'auto_booking_pipeline_enabled';
    if (this.since('outage', true) > OUTAGE_GRACE_MS) return safeValue(key);
    const usual = key === 'auto_booking_pipeline_enabled' || key.startsWith('flight_search_');
    const thrown = this.#thrown.get(key as FlippedFlag);
    if (!thrown) return usual;
    return this.#time.now - thrown.at >= FLAG_TRAVEL_MS ? thrown.on : !thrown.on;
  };
}
