import { type OpsTripView, readOpsTrip } from '../services/ops-trips/read.ts';
import type { TripVendors } from '../services/ops-trips/vendor-truth.ts';
import { ageText, moneyCell } from './cases.ts';
import type { Command, CommandPorts } from './command.ts';

export const tripCommand: Command = async ({ ports, words: [reference], json }) => {
  if (!reference)
    throw new Error(
      'which trip? Its id, its booking reference, an order’s or payment’s id, or a correlation id',
    );
  const { opsTrips, caseStore: cases, clock, vendors } = ports();
  const view = await readOpsTrip({ opsTrips, cases, clock, vendors: orWhyNot(vendors) }, reference);
  if (json) console.log(JSON.stringify(view, null, 2));
  else for (const line of linesOf(view, clock.now())) console.log(line);
  return 0;
};

/** A terminal without the vendors' keys shows what is stored. */
function orWhyNot(open: CommandPorts['vendors']): TripVendors | string {
  try {
    return open();
  } catch {
    return 'the vendors’ variables are not set at this terminal';
  }
}

function linesOf(
  { trip, booking, money, orders, attempts, cases, next, timeline }: OpsTripView,
  now: Date,
): string[] {
  const dates = [trip.departureDate, trip.returnDate].filter(Boolean).join(' to ');
  const cap = `${trip.maxPrice.amount} ${trip.maxPrice.currency}`;
  return [
    `trip ${trip.id}  ${trip.status}`,
    `  ${trip.origin}-${trip.destination} ${dates}, ${trip.cabin}, ${trip.travelerIds.length} travelling, up to ${cap}, ${trip.autoBook ? 'buys by itself' : 'booked by hand'}`,
    `  the traveller reads: ${trip.outcome.message} (${trip.outcome.code})`,
    `  user ${trip.userId}, correlation ${trip.correlationId}`,
    ...(booking
      ? [
          `  booking ${booking.id}: ${booking.bookingReference}, ${booking.status}, tickets ${booking.ticketNumbers.join(' ') || 'none'}`,
        ]
      : []),
    ...section('next', next.map(nextText)),
    ...section(
      'money',
      money.map(
        (one) =>
          `${one.paymentIntentId ?? 'no payment id'}: ${one.status}, reserved ${moneyCell(one.reserved)}, captured ${moneyCell(one.captured)}, refunded ${moneyCell(one.refunded)}${one.captureBefore ? `, lapses ${one.captureBefore}` : ''} (${sourceText(one, now)})`,
      ),
    ),
    ...section(
      'orders',
      orders.map(
        (one) =>
          `${one.orderId ?? 'no order id'}: ${one.status}${one.bookingReference ? `, ${one.bookingReference}` : ''}${one.total ? `, ${moneyCell(one.total)}` : ''} (${sourceText(one, now)})`,
      ),
    ),
    ...section('attempts', attempts.flatMap(attemptLines)),
    ...section(
      'cases',
      cases.map(
        (one) => `${one.id}  ${one.kind} ${one.code}: ${one.message} Waits for ${ageText(one.ageMs)}.`,
      ),
    ),
    ...section(
      'timeline',
      timeline.map(({ at, type, actor, detail }) => `${at}  ${type}  ${actor}  ${JSON.stringify(detail)}`),
    ),
  ];
}

const section = (title: string, lines: readonly string[]): string[] =>
  lines.length ? ['', title, ...lines.map((line) => `  ${line}`)] : [];

const nextText = ({ what, at, job, command }: OpsTripView['next'][number]): string =>
  [what, at && `at ${at}`, job && `by job ${job}`, command && `: ${command}`]
    .filter(Boolean)
    .join(', ')
    .replace(', : ', ': ');

type Sourced = Pick<OpsTripView['money'][number], 'source' | 'asOf' | 'trouble'>;
const sourceText = ({ source, asOf, trouble }: Sourced, now: Date): string =>
  source === 'vendor'
    ? 'asked now'
    : `as stored ${ageText(now.getTime() - Date.parse(asOf))} ago: ${trouble}`;

const attemptLines = ({
  number,
  id,
  status,
  step,
  errorCode,
  errorMessage,
  calls,
}: OpsTripView['attempts'][number]) => [
  `${number}  ${id}  ${status} at ${step}${errorCode ? `, ${errorCode}: ${errorMessage ?? ''}` : ''}`,
  ...calls.map(
    (call) => `   ${call.at}  ${call.step}: ${call.outcome}${call.tries > 1 ? ` (try ${call.tries})` : ''}`,
  ),
];
