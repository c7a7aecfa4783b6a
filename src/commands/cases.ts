import { listCases } from '../services/cases/list.ts';
import type { CaseView, KnownMoney } from '../services/cases/view.ts';
import { type Command, counted } from './command.ts';

export const cases: Command = async ({ ports, json }) => {
  const { caseStore, clock } = ports();
  const open = await listCases({ cases: caseStore, clock });
  if (json) console.log(JSON.stringify(open, null, 2));
  else {
    console.log(
      open.length
        ? `${counted(open.length, 'case')} open, the most urgent first`
        : 'cases: nothing waits for a person',
    );
    for (const line of table(open)) console.log(line);
  }
  return open.length ? 1 : 0;
};

const HEAD = [
  'id',
  'kind',
  'why',
  'reserved',
  'captured',
  'refunded',
  'ticket',
  'deadline',
  'age',
  'trip',
  'taken by',
  'allowed',
];

/** Aligned columns, two spaces apart. */
function table(open: readonly CaseView[]): string[] {
  if (open.length === 0) return [];
  const rows = [HEAD, ...open.map(cells)];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => (row[column] as string).length)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] as number))
      .join('  ')
      .trimEnd(),
  );
}

const cells = (one: CaseView): string[] => [
  one.id,
  one.kind,
  one.code,
  moneyCell(one.money.reserved),
  moneyCell(one.money.captured),
  moneyCell(one.money.refunded),
  typeof one.ticket === 'string'
    ? one.ticket
    : [one.ticket.orderId, one.ticket.reference].filter(Boolean).join(' '),
  one.deadline ?? '-',
  ageText(one.ageMs),
  one.tripId ?? '-',
  one.takenBy ?? '-',
  one.underWay ? `${one.underWay} under way` : one.allowed.join(' '),
];

export const moneyCell = (money: KnownMoney): string =>
  money === 'unknown' ? money : `${money.amount} ${money.currency}`;

const MINUTE = 60_000;
/** `7m`, `3h`, `2d`. */
export function ageText(ms: number): string {
  const minutes = Math.floor(ms / MINUTE);
  if (minutes < 60) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours}h` : `${Math.floor(hours / 24)}d`;
}
