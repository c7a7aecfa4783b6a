import type { Cancellation } from '../../../domain/cancellation.ts';
import type { Money } from '../../../domain/money.ts';

/** Whether the traveller would get back less than they accepted: then nothing is confirmed, and they are told. */
export const isBelowAccepted = (
  { acceptedMinor, paid }: Pick<Cancellation, 'acceptedMinor' | 'paid'>,
  refund: Money,
): boolean => acceptedMinor !== null && Math.min(refund.minor, paid.minor) < acceptedMinor;
