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
];
