import { createFreshness } from '../src/flags/freshness.ts';
import { HEARTBEAT_MS } from '../src/flags/provider.ts';
import { safeValue } from '../src/flags/registry.ts';
import type { FlagKey } from '../src/ports/flags.ts';
import type { FlippedFlag } from './scenario.ts';
import type { VirtualTime } from './virtual-time.ts';

/** A thrown flag reaches every worker within this. */
const FLAG_TRAVEL_MS = 1_500;
/** A service that does not answer is forgiven for this long, as in src/flags/freshness.ts. */
export const OUTAGE_GRACE_MS = 10_000;
/** A stream that is opened anew brings everything after this. */
const REOPENED_MS = 1_500;

/** LaunchDarkly as workers see it: a change takes a while to arrive, the stream may fall silent, the service may be away. */
export class FlagService {
  /** A flag held at its stopping side, for whoever lives through an incident again. */
  stopped: FlagKey | null = null;
  readonly #time: VirtualTime;
  readonly #thrown = new Map<FlippedFlag, { on: boolean; at: number }>();
  readonly #freshness = createFreshness({ isCurrent: async () => this.#isCurrent() }, () => this.#time.now);
  readonly confirm = () => this.#freshness.confirm();

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
    // By then a heartbeat has asked.
    if (this.#freshness.ageMs() >= HEARTBEAT_MS) await this.confirm();
    if (!this.#freshness.live()) return safeValue(key);
    const usual = key === 'auto_booking_pipeline_enabled' || key.startsWith('flight_search_');
    const thrown = this.#thrown.get(key as FlippedFlag);
    if (!thrown) return usual;
    return this.#isHeard(thrown) ? thrown.on : !thrown.on;
  };

  #isHeard({ at }: { readonly at: number }): boolean {
    const arrives = at + FLAG_TRAVEL_MS;
    const silentFor = this.since('silence', true);
    return arrives <= this.#time.now && (silentFor < 0 || arrives <= this.#time.now - silentFor);
  }

  /** Whether the polling API shows nothing that a silent stream keeps back; such a stream is opened anew. */
  #isCurrent(): boolean {
    if (this.since('silence', true) < 0) return true;
    if (
      [...this.#thrown.values()].every(
        (thrown) => this.#isHeard(thrown) || thrown === this.#thrown.get('silence'),
      )
    )
      return true;
    this.#time.after(REOPENED_MS, () => this.throw('silence', false));
    return false;
  }
}
