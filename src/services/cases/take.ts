import type { OpenCase } from '../../domain/case.ts';
import { Refused } from '../../errors.ts';
import type { CasePorts } from './ports.ts';
import { orRecordRefusal } from './refusals.ts';

export interface TakeRequest {
  readonly id: string;
  readonly who: string;
  /** From whoever has it now. */
  readonly over: boolean;
  readonly correlationId: string | null;
}

/**
 * Takes a case: its alerts stop until its deadline is near. A case that changes must be taken again.
 * @throws Refused `missing`; `conflict` when another operator has it and it is not taken over
 */
export function takeCase(ports: Pick<CasePorts, 'cases'>, request: TakeRequest): Promise<OpenCase> {
  return orRecordRefusal(ports, { ...request, action: 'take' }, () => take(ports, request));
}

function take({ cases }: Pick<CasePorts, 'cases'>, request: TakeRequest): Promise<OpenCase> {
  const { id, who, over, correlationId } = request;
  return findCase(cases, id).then((one) =>
    cases.transaction(one, async (trx) => {
      const now = await trx.read();
      if (!now) throw missing();
      if (now.takenBy === who) return now;
      if (now.takenBy && !over)
        throw new Refused('conflict', `${now.takenBy} has taken it. State over (--over) to take it over.`);
      await trx.recordTaker(who, now.version);
      const target = { caseId: id, kind: now.kind, version: now.version, from: now.takenBy };
      await trx.opsAudit({
        actor: `operator:${who}`,
        action: 'case.taken',
        target,
        allowed: true,
        correlationId,
      });
      return (await trx.read()) ?? now;
    }),
  );
}

/** @throws Refused `missing` */
export async function findCase(cases: Pick<CasePorts['cases'], 'find'>, id: string): Promise<OpenCase> {
  const one = await cases.find(id);
  if (!one) throw missing();
  return one;
}

const missing = (): Refused => new Refused('missing', 'There is no such case. It may have been ended.');
