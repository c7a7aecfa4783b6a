import { byUrgency } from '../../domain/case.ts';
import type { CaseStore } from '../../ports/storage/cases.ts';
import type { CasePorts } from './ports.ts';
import { findCase } from './take.ts';
import { type CaseView, viewCase } from './view.ts';

/** A bound on one answer: more than ops decide in a day. */
const MAX_CASES = 1_000;

/** Everything that waits for a person, the most urgent first. */
export async function listCases({
  cases,
  clock,
}: Pick<CasePorts, 'clock'> & { readonly cases: Pick<CaseStore, 'open'> }): Promise<CaseView[]> {
  const open = await cases.open(MAX_CASES);
  return open.toSorted(byUrgency).map((one) => viewCase(one, clock.now()));
}

/** @throws Refused `missing` */
export async function readCase(
  { cases, clock }: Pick<CasePorts, 'cases' | 'clock'>,
  id: string,
): Promise<CaseView> {
  return viewCase(await findCase(cases, id), clock.now());
}
