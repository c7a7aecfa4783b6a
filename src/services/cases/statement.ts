import type { CaseStatement } from '../../domain/case.ts';
import { parseMoney } from '../../domain/money.ts';
import { Refused } from '../../errors.ts';
import type { CasePorts } from './ports.ts';

/** What a person states, as they write it. */
export interface WrittenStatement extends Omit<CaseStatement, 'amountMinor'> {
  /** In major units of the case's currency, such as `150.00`. */
  readonly amount?: string | undefined;
}

/** Reads an amount in the currency of the case, and leaves out what was not stated. @throws Refused `invalid` */
export async function readStatement(
  { cases }: Pick<CasePorts, 'cases'>,
  id: string,
  { amount, ...rest }: WrittenStatement,
): Promise<CaseStatement> {
  const stated = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
  if (amount === undefined) return stated;
  const currency = (await cases.find(id))?.money.currency;
  // A case that is gone is answered as such by whoever acts on it.
  if (!currency) return stated;
  const money = parseMoney({ amount, currency });
  if (!money)
    throw new Refused('invalid', 'The amount is not valid.', [
      { field: 'amount', code: 'invalid_format', message: `must be an amount of ${currency} such as 150.00` },
    ]);
  return { ...stated, amountMinor: money.minor };
}
