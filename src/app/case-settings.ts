import type { Config } from '../config.ts';
import { minorDigits } from '../domain/money.ts';
import { inReference } from '../domain/reference-rates.ts';
import type { CaseSettings } from '../services/cases/ports.ts';

/** How much one person may decide about alone. Other currencies than the fuse's are converted, rather too high than too low. */
export const caseSettings = ({
  CASE_TWO_PEOPLE_ABOVE: limit,
  FUSE_CURRENCY: reference,
}: Pick<Config, 'CASE_TWO_PEOPLE_ABOVE' | 'FUSE_CURRENCY'>): CaseSettings => ({
  needsTwoPeople: (stake) => inReference(stake, reference).minor > limit * 10 ** minorDigits(reference),
});
