import type { Mutant } from './mutant.ts';

/** Defences that matter once a customer has several trips, cards and currencies, and changes their mind. */
export const BREADTH_MUTANTS: readonly Mutant[] = [
  {
    name: "another trip's authorization taken for the attempt's own",
    file: 'src/services/booking/payment-lookup.ts',
    find: 'customerId, ({ attemptId }) => attemptId === attempt.id)',
    replace: 'customerId, ({ attemptId }) => attemptId !== null)',
  },
  {
    name: 'a trip changed while it is being booked',
    file: 'src/services/trips/change.ts',
    find: `  if (autoBookStatus !== 'FAILED')
    throw`,
    replace: `  if (autoBookStatus === 'BOOKING') return;
  if (autoBookStatus !== 'FAILED')
    throw`,
  },
  {
    name: 'Ugandan shillings charged as if they had no hundredths',
    file: 'src/providers/stripe/normalise.ts',
    find: "new Set(['ISK', 'UGX'])",
    replace: "new Set(['ISK'])",
  },
];
