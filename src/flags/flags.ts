import type { EvaluateFlag, FlagKey, Flags } from '../ports/flags.ts';
import { FLAGS } from './registry.ts';

/**
 * @param options.liveToken whether a seller's orders are real tickets
 * @param options.confirm asks the flag service whether our flags are current: new money moves by flags of now
 */
export function createFlags(
  evaluate: EvaluateFlag,
  options: { readonly liveToken: boolean; confirm(): Promise<void> },
): Flags {
  return {
    async bookingStop(userId) {
      await options.confirm();
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
