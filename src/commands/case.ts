import { CASE_ACTIONS, type CaseAction } from '../domain/case.ts';
import { actOnCase } from '../services/cases/act.ts';
import { readCase } from '../services/cases/list.ts';
import { readStatement } from '../services/cases/statement.ts';
import { takeCase } from '../services/cases/take.ts';
import type { CaseView } from '../services/cases/view.ts';
import { ageText, moneyCell } from './cases.ts';
import type { Command, Line } from './command.ts';

export const caseCommand: Command = async (line) => {
  const [id, verb] = line.words;
  if (!id) throw new Error('which case? `parker cases` lists their ids');
  if (verb === undefined) return show(line, id);
  if (verb === 'take') return take(line, id);
  if (!isAction(verb)) throw new Error(`case takes take, ${CASE_ACTIONS.join(', ')}, or nothing`);
  const { reason } = line;
  if (!reason || reason.trim().length < 3) throw new Error('--reason says why; it is kept in the audit log');
  const { caseStore, clock, vendors } = line.ports();
  const ports = { cases: caseStore, clock, afterCommit: () => undefined, ...vendors() };
  const statement = await readStatement(ports, id, {
    orderId: line.order,
    amount: line.amount,
    noOrder: line['no-order'],
    acceptLoss: line['accept-loss'],
    paidElsewhere: line['paid-elsewhere'],
  });
  const { userId: who } = await line.operator();
  const { version } = line;
  const reply = await actOnCase(ports, {
    id,
    action: verb,
    statement,
    reason: reason.trim(),
    version,
    who,
    correlationId: null,
  });
  console.log(`case ${id}: ${verb} ${reply.state}. ${reply.message}`);
  return 0;
};

const isAction = (verb: string): verb is CaseAction => (CASE_ACTIONS as readonly string[]).includes(verb);

async function show({ ports, json }: Line, id: string): Promise<number> {
  const { caseStore, clock } = ports();
  print(await readCase({ cases: caseStore, clock }, id), json === true);
  return 0;
}

async function take({ ports, operator, over = false }: Line, id: string): Promise<number> {
  const { caseStore } = ports();
  const { userId: who } = await operator();
  const { takenBy } = await takeCase({ cases: caseStore }, { id, who, over, correlationId: null });
  console.log(`case ${id}: taken by ${takenBy}`);
  return 0;
}

function print(one: CaseView, json: boolean): void {
  if (json) {
    console.log(JSON.stringify(one, null, 2));
    return;
  }
  const { ticket, money, proposal } = one;
  const lines: [string, string][] = [
    ['case', `${one.id} (${one.kind}, version ${one.version})`],
    ['why', `${one.code}: ${one.message}`],
    ['step', one.step],
    [
      'money',
      `reserved ${moneyCell(money.reserved)}, captured ${moneyCell(money.captured)}, refunded ${moneyCell(money.refunded)}`,
    ],
    [
      'ticket',
      typeof ticket === 'string' ? ticket : [ticket.orderId, ticket.reference].filter(Boolean).join(' '),
    ],
    ['deadline', one.deadline ?? 'none'],
    ['waits since', `${one.since} (${ageText(one.ageMs)})`],
    ['trip', one.tripId ?? 'none'],
    ['taken by', one.takenBy ? `${one.takenBy} at ${one.takenAt}` : 'not taken'],
    ['proposed', proposal ? `${proposal.action} by ${proposal.by} at ${proposal.at}` : 'nothing'],
    ['allowed now', one.underWay ? `nothing: ${one.underWay} is under way` : one.allowed.join(', ')],
  ];
  for (const [label, value] of lines) console.log(`${label.padEnd(12)} ${value}`);
}
