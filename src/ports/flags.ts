import type { QueueName } from '../domain/queue-names.ts';

/** Every flag that the code may evaluate; any other does not compile. `src/flags/registry.ts` describes each. */
export type FlagKey =
  | 'auto_booking_pipeline_enabled'
  | 'auto_booking_disable_all'
  | 'user_booking_disabled'
  | 'duffel_live_enabled'
  | 'flight_search_advanced_filtering'
  | 'flight_search_price_optimization'
  | `queue_${QueueName}_disabled`;

/** Evaluates one flag, for this user or for the whole fleet. Without an answer from the flag service it is the safe value. */
export type EvaluateFlag = (key: FlagKey, userId?: string) => Promise<boolean>;

/** A flag service. */
export interface FlagProvider {
  readonly evaluate: EvaluateFlag;
  /** Asks the service whether our flags are current, unless it was asked just now. It never throws. */
  confirm(): Promise<void>;
  /** Whether the flags are known to be current. While they are not, every flag has its safe value. */
  live(): boolean;
  /** Milliseconds since the flags were last known to be current; Infinity before the first time. */
  ageMs(): number;
  close(): Promise<void>;
}

/** The flags as use-cases read them. */
export interface Flags {
  /** Null when new bookings may begin for this user, else why not. */
  bookingStop(userId?: string): Promise<BookingStop | null>;
  queueStopped(queue: QueueName): Promise<boolean>;
  isOn(key: FlagKey): Promise<boolean>;
  /** Every flag's value for this user, for the audit log. */
  snapshot(userId?: string): Promise<Record<string, boolean>>;
}

/** Why no new authorization and no new order may begin, in words for the traveller. */
export interface BookingStop {
  readonly code:
    | 'pipeline_off'
    | 'all_stopped'
    | 'user_stopped'
    | 'live_orders_off'
    | 'fuse_blown'
    | 'account_trouble'
    | 'user_limit';
  readonly message: string;
}
