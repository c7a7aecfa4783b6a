import type { QueueName } from '../config.ts';
import { FLAGS, type FlagKey } from './registry.ts';

/** Asks the flag service about one flag; without an answer it gives the flag's safe value. */
export type EvaluateFlag = (key: FlagKey, userId?: string) => Promise<boolean>;

/** What the rest of the house asks, in its own words. */
export interface Flags {
  /** Null when new bookings may begin for this user, else why not. */
  bookingStop(userId?: string): Promise<BookingStop | null>;
  queueStopped(queue: QueueName): Promise<boolean>;
  isOn(key: FlagKey): Promise<boolean>;
  /** Every flag as it stands for this user, for the audit trail. */
  snapshot(userId?: string): Promise<Record<string, boolean>>;
}

export interface BookingStop {
  readonly code: 'pipeline_off' | 'all_stopped' | 'user_stopped' | 'live_orders_off' | 'fuse_blown';
  readonly message: string;
}

/** @param liveToken whether the Duffel token buys real tickets */
export function createFlags(evaluate: EvaluateFlag, options: { liveToken: boolean }): Flags {
  return {
    async bookingStop(userId) {
      if (!(await evaluate('auto_booking_pipeline_enabled', userId)))
        return { code: 'pipeline_off', message: 'Automatic booking is switched off at the moment.' };
      if (await evaluate('auto_booking_disable_all', userId))
        return { code: 'all_stopped', message: 'All bookings are stopped at the moment.' };
      if (await evaluate('user_booking_disabled', userId))
        return { code: 'user_stopped', message: 'Bookings for this account are stopped at the moment.' };
      if (options.liveToken && !(await evaluate('duffel_live_enabled', userId)))
        return { code: 'live_orders_off', message: 'Live orders are switched off at the moment.' };
      return null;
    },
    queueStopped: (queue) => evaluate(`queue_${queue}_disabled`),
    isOn: (key) => evaluate(key),
    async snapshot(userId) {
      const keys = Object.keys(FLAGS) as FlagKey[];
      const values = await Promise.all(keys.map((key) => evaluate(key, userId)));
      return Object.fromEntries(keys.map((key, index) => [key, values[index] as boolean]));
    },
  };
}
