import type { Mutant } from './mutant.ts';

/** Defences of what a person decides about a case. */
export const CASE_MUTANTS: readonly Mutant[] = [
  {
    name: 'case closed without fence',
    file: 'src/db/attempt-columns.ts',
    find: `  updatedAt: sql<Date>\`now()\`,
  epoch: sql<number>\`epoch + 1\`,
`,
    replace: `  updatedAt: sql<Date>\`now()\`,
`,
  },
  {
    name: 'case closed without a look at the vendors',
    file: 'src/services/cases/plans/attempt.ts',
    find: 'const truth = await vendorTruth(vendors, one, statement);',
    replace: 'const truth: VendorTruth = { live: [], foreign: [], unreadable: false, authorization: null };',
  },
  {
    name: 'one person decides above the limit',
    file: 'src/services/cases/act.ts',
    find: `return caseSettings.needsTwoPeople(stake) ? 'the amount is above the limit' : null;`,
    replace: 'return null;',
  },
  {
    name: 'what was paid in another way is refunded to the card too',
    file: 'src/domain/cancellation.ts',
    find: 'Math.max(0, (refundMinor ?? 0) - paidElsewhereMinor)',
    replace: 'Math.max(0, (refundMinor ?? 0) - paidElsewhereMinor * 0)',
  },
  {
    name: 'a cancellation that was confirmed is closed as refused',
    file: 'src/services/cases/plans/cancellation.ts',
    find: 'if (one.cancelRequested && orderId !== live)',
    replace: "if (one.cancelRequested && orderId !== live && live === '')",
  },
  {
    name: 'a refund that no card takes',
    file: 'src/services/cancelling/steps/verify-order.ts',
    find: 'refundableMinor(refund, paid.minor)',
    replace: 'Math.min(refund.minor, paid.minor)',
  },
];
