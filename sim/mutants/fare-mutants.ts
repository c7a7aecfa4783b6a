import type { Mutant } from './mutant.ts';

/** Defences against buying another fare than the one that was meant. */
export const FARE_MUTANTS: readonly Mutant[] = [
  {
    name: 'a fare known without its brand',
    file: 'src/domain/fare.ts',
    find: 'brand: list(brands.map((brand) => brand ?? UNKNOWN)),',
    replace: 'brand: list(brands.map(() => UNKNOWN)),',
  },
  {
    name: 'wishes not asked again when the offer is read',
    file: 'src/services/booking/steps/reprice.ts',
    find: 'const objections = objectionsTo(offer, selectBy);',
    replace: 'const objections = objectionsTo(offer, { ...selectBy, criteria: {} });',
  },
  {
    name: 'the fare that is read taken for the one that was shown',
    file: 'src/services/booking/steps/reprice.ts',
    find: 'if (changed) return',
    replace: 'if (changed && attempt.number < 0) return',
  },
];
