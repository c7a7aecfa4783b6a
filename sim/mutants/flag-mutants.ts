import type { Mutant } from './mutant.ts';

/** Defences against a flag stream that says nothing. */
export const FLAG_MUTANTS: readonly Mutant[] = [
  {
    name: 'silent stream trusted',
    file: 'src/flags/freshness.ts',
    find: 'behind = !current;',
    replace: 'behind = false;',
  },
  {
    name: 'flags not confirmed before new money moves',
    file: 'src/flags/flags.ts',
    find: '      await options.confirm();\n',
    replace: '',
  },
];
