import type { Mutant } from './mutant.ts';

/** Defences of a payment that its traveller must confirm. */
export const CONFIRMATION_MUTANTS: readonly Mutant[] = [
  {
    name: 'whoever says that a payment is confirmed is believed',
    file: 'src/services/booking/steps/confirm-payment.ts',
    find: `if (status === 'authorized') return`,
    replace: `if (status === 'authorized' || (status === 'pending' && attempt.epoch > 2)) return`,
  },
  {
    name: 'a payment that nobody confirmed in time is not voided',
    file: 'src/services/booking/steps/void.ts',
    find: `if (authorization.status === 'voided') return over('payment.released');`,
    replace: `if (authorization.status === 'voided' || authorization.status === 'pending') return over('payment.released');`,
  },
  {
    name: 'more ordered than the traveller confirmed',
    file: 'src/services/booking/steps/confirm-payment.ts',
    find: 'mandate: confirmed,',
    replace: 'mandate: attempt.trip.mandate,',
  },
];
