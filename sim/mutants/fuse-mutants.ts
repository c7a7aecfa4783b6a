import type { Mutant } from './mutant.ts';

/** Defences of the fuse that the simulator must miss. */
export const FUSE_MUTANTS: readonly Mutant[] = [
  {
    name: 'fuse not credited',
    file: 'src/services/booking/fuse-rules.ts',
    find: 'outcomes.some(saysNothingReserved) || (end && endsWithNothingReserved(end))',
    replace: 'outcomes.some(saysNothingReserved) && end === null',
  },
  {
    name: 'fuse credited while the payment is unknown',
    file: 'src/services/booking/fuse-rules.ts',
    find: "  'unknown',\n",
    replace: '',
  },
];

/** Those that the storage's suites must miss. */
export const FUSE_STORAGE_MUTANTS: readonly Mutant[] = [
  {
    name: 'won counted as pounds',
    file: 'src/domain/reference-rates.ts',
    find: 'if (amount.currency === reference) return amount;',
    replace: 'if (amount.currency.length === reference.length) return { ...amount, currency: reference };',
  },
  {
    name: "a user's bound ignored",
    file: 'src/db/commit-attempts.ts',
    find: 'userHour: charge.maxMinorPerUserHour ?? undefined,',
    replace: 'userHour: undefined,',
  },
  {
    name: 'one identity rearms',
    file: 'src/services/fuse/operate.ts',
    find: `    if (rearmAskedBy === who) throw askedYourself();
    if (rearmAskedBy) {
      if (!(await trx.arm(who))) throw askedYourself();`,
    replace: `    if (rearmAskedBy) {
      if (!(await trx.arm(''))) throw askedYourself();`,
  },
  {
    name: 'the fuse does not ask again who confirms',
    file: 'src/db/fuse.ts',
    find: "    .where('rearmAskedBy', '<>', confirmedBy)\n",
    replace: '    .where((eb) => eb.val(confirmedBy !== null))\n',
  },
];
