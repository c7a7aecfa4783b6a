import { QUEUE_NAMES, type QueueName } from '../config.ts';

/** One feature flag, with what its readers must know before they touch it. */
export interface FlagSpec {
  readonly owner: 'booking' | 'search' | 'platform';
  readonly purpose: string;
  /** `release` flags are removed once settled; `kill` switches stay; `gate` keeps a capability shut until it is meant. */
  readonly kind: 'release' | 'kill' | 'gate';
  /** `yyyy-mm-dd` after which the flag should be gone; null for those that stay. */
  readonly expires: string | null;
  /** What holds when LaunchDarkly can't be asked: always the side on which no money moves. */
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
      // Without an answer the queues go on: new bookings are stopped by their own flags, and compensation must not wait.
      safe: false,
    },
  ] as const;

/** Every flag the code may ask for; asking for another does not compile. */
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
    purpose: 'Emergency stop: no new authorisation or order anywhere. Compensation goes on.',
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
} as const satisfies Record<string, FlagSpec>;

export type FlagKey = keyof typeof FLAGS;

/** What holds while nobody can say: the side on which no money moves. */
export const safeValue = (key: FlagKey): boolean => FLAGS[key].safe;
