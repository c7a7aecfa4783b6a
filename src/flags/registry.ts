import { QUEUE_NAMES, type QueueName } from '../domain/queue-names.ts';
import type { FlagKey } from '../ports/flags.ts';

/** One feature flag, with what people must know before they change it. */
export interface FlagSpec {
  readonly owner: 'booking' | 'search' | 'platform';
  readonly purpose: string;
  /** `release`: removed after the release · `kill`: a switch that stays · `gate`: keeps a capability off until it is approved. */
  readonly kind: 'release' | 'kill' | 'gate';
  /** `yyyy-mm-dd` after which the flag should be gone; null for those that stay. */
  readonly expires: string | null;
  /** The value while LaunchDarkly is unreachable: always the one with which no money moves. */
  readonly safe: boolean;
  readonly needs?: readonly string[];
}

const queueKill = (queue: QueueName) =>
  [
    `queue_${queue}_disabled`,
    {
      owner: 'platform',
      purpose: `Stops the consumption of ${queue} jobs; they wait and run later.`,
      kind: 'kill',
      expires: null,
      // While LaunchDarkly is unreachable the queues run: other flags stop new bookings, and compensation must not wait.
      safe: false,
    },
  ] as const;

/** Every flag that the code may evaluate; any other does not compile. */
export const FLAGS = {
  auto_booking_pipeline_enabled: {
    owner: 'booking',
    purpose: 'Watching and buying on its own. Off: trips without autoBook are still taken.',
    kind: 'gate',
    expires: null,
    safe: false,
  },
  auto_booking_disable_all: {
    owner: 'booking',
    purpose: 'Emergency stop: no new authorization or order anywhere. Compensation goes on.',
    kind: 'kill',
    expires: null,
    safe: true,
  },
  user_booking_disabled: {
    owner: 'booking',
    purpose: 'Emergency stop for single users, targeted by user id.',
    kind: 'kill',
    expires: null,
    safe: true,
  },
  duffel_live_enabled: {
    owner: 'booking',
    purpose: 'Allows orders when the Duffel token is a live one.',
    kind: 'gate',
    expires: null,
    safe: false,
    needs: ['auto_booking_pipeline_enabled'],
  },
  flight_search_advanced_filtering: {
    owner: 'search',
    purpose:
      'Criteria beyond price cap and stops. Off: trips that use them find no match, for a wish is never ignored.',
    kind: 'release',
    expires: '2027-06-30',
    safe: false,
  },
  flight_search_price_optimization: {
    owner: 'search',
    purpose: 'Ranks fitting offers by price, duration and stops. Off: the cheapest wins.',
    kind: 'release',
    expires: '2027-06-30',
    safe: false,
  },
  ...(Object.fromEntries(QUEUE_NAMES.map(queueKill)) as Record<`queue_${QueueName}_disabled`, FlagSpec>),
} as const satisfies Record<FlagKey, FlagSpec>;

/** A flag's value while LaunchDarkly is unreachable. */
export const safeValue = (key: FlagKey): boolean => FLAGS[key].safe;
