import {
  type AirlineChange,
  changedSlices,
  dropsFlights,
  sameFlights,
  stateOfDecision,
} from '../../domain/airline-change.ts';
import type { Slice } from '../../domain/offer.ts';
import type { FoundOrder } from '../../ports/flights.ts';
import type { BookedOrder, NewChange, OrderNews } from '../../ports/storage/booked-orders.ts';
import { changeAlert, flightsChanged } from './notifications.ts';

type Changes = Pick<OrderNews, 'decided' | 'added' | 'events' | 'notifications'>;

/**
 * What the airline changed, beside what is known of it. The traveller is told of the flights once, however many changes came since the
 * last look, and only the latest can be accepted. Source: Duffel, "Errors", `stale_airline_initiated_change_accept`.
 */
export function decideChanges(stored: BookedOrder, order: FoundOrder): Changes {
  const known = new Set(stored.changes.map(({ changeId }) => changeId));
  const fresh = order.changes.filter(({ changeId }) => !known.has(changeId));
  const unexplained = fresh.length === 0 ? unexplainedChange(stored, order) : null;
  const news = unexplained ? [unexplained] : fresh;
  const latest = order.changes.at(-1)?.changeId;
  const decided = stored.changes.flatMap(({ id, changeId, state }) => {
    if (state !== 'OPEN') return [];
    const now = order.changes.find((one) => one.changeId === changeId && changeId !== null);
    const to = stateOfDecision(now?.decision ?? null);
    if (to !== 'OPEN') return [{ id, state: to }];
    return news.length > 0 ? [{ id, state: 'SUPERSEDED' as const }] : [];
  });
  const first = (stored.changes.at(-1)?.number ?? 0) + 1;
  const added = news.map((change, index): NewChange => {
    const { decision, pending: _, ...rest } = change;
    const isLast = index === news.length - 1;
    const state = stateOfDecision(decision);
    return {
      ...rest,
      ...(isLast && sinceLastLook(stored.itinerary, order.slices)),
      number: first + index,
      state:
        state === 'OPEN' && !(isLast && (unexplained || change.changeId === latest)) ? 'SUPERSEDED' : state,
    };
  });
  const notified = added.at(-1);
  return {
    decided,
    added,
    events: [
      ...decided
        .filter(({ state }) => state === 'ACCEPTED')
        .map(() => ({ type: 'order.change_accepted' as const, detail: {} })),
      ...(notified
        ? [{ type: 'order.changed' as const, detail: { flights: flightsOf(notified.after) } }]
        : []),
    ],
    notifications: notified
      ? [flightsChanged(stored, notified), ...(needsPerson(notified) ? [changeAlert(stored, notified)] : [])]
      : [],
  };
}

/** Nothing that our API can do settles it. */
const needsPerson = (change: NewChange): boolean =>
  change.state === 'OPEN' && (!change.actions.includes('accept') || dropsFlights(change));

/** Two changes may have come since: what the traveller knew is what was shown last. */
function sinceLastLook(
  itinerary: readonly Slice[],
  slices: readonly Slice[] | null,
): Partial<Pick<AirlineChange, 'before' | 'after'>> {
  const changed = slices && changedSlices(itinerary, slices);
  return changed && changed.before.length + changed.after.length > 0 ? changed : {};
}

/** The order shows other flights, and no change that explains them: it is no less true. */
function unexplainedChange(
  { itinerary, changes }: BookedOrder,
  { slices }: FoundOrder,
): AirlineChange | null {
  if (!slices || sameFlights(itinerary, slices)) return null;
  const { before, after } = changedSlices(itinerary, slices);
  const isIn = (all: readonly Slice[], slice: Slice) => all.some((one) => sameFlights([one], [slice]));
  const notified = changes.some(
    (change) =>
      before.every((slice) => isIn(change.before, slice)) &&
      after.every((slice) => isIn(change.after, slice)),
  );
  return notified ? null : { changeId: null, before, after, actions: [], decision: null, pending: false };
}

const flightsOf = (slices: readonly Slice[]): string =>
  slices
    .flatMap(({ segments }) => segments)
    .map(({ carrier, flightNumber, departingAtLocal }) => {
      return `${carrier} ${flightNumber} on ${departingAtLocal.slice(0, 10)} at ${departingAtLocal.slice(11, 16)}`;
    })
    .join(', ') || 'none any more';
