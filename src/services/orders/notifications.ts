import { dropsFlights } from '../../domain/airline-change.ts';
import type { NotificationKind } from '../../domain/notification.ts';
import type { BookedOrder, NewChange, StoredChange } from '../../ports/storage/booked-orders.ts';
import type { NotificationRequest } from '../../ports/storage/notifications.ts';
import { notificationRequest } from '../notifications/request.ts';
import { changeWords, GONE_WORDS } from './words.ts';

type ChangeNews = Pick<NewChange, 'changeId' | 'number' | 'before' | 'after' | 'actions' | 'state'>;

/** Tells the traveller which flights changed, side by side, and what they may do. */
export const flightsChanged = (order: BookedOrder, change: ChangeNews): NotificationRequest =>
  notify(order, 'flights_changed', `flights_changed:${order.bookingId}:${change.number}`, {
    ...changeData(change),
    message: changeWords(change),
  });

/** Tells the traveller that the airline did not take the acceptance. */
export const acceptanceRefused = (order: BookedOrder, change: StoredChange): NotificationRequest =>
  notify(order, 'flights_changed', `flights_changed:${order.bookingId}:${change.number}:refused`, {
    ...changeData({ ...change, actions: [] }),
    message:
      'The airline did not take your acceptance online. A person arranges it with the airline and writes to you; your booking stays as it is meanwhile.',
  });

const changeData = ({ number, before, after, actions, state }: ChangeNews) => ({
  number,
  before,
  after,
  canAccept: state === 'OPEN' && actions.includes('accept'),
});

/** Tells the traveller that the airline cancelled, and ops that it did. */
export const airlineCancelled = (order: BookedOrder): NotificationRequest[] => [
  notify(order, 'airline_cancelled', `airline_cancelled:${order.bookingId}`, { message: GONE_WORDS }),
  alert(
    order,
    'airline_cancelled',
    order.bookingId,
    `The airline cancelled order ${order.orderId} (${order.bookingReference}). What it gave back is being refunded; see that the traveller gets another flight.`,
  ),
];

/** Tells the traveller the numbers of tickets that came after the booking. */
export const ticketsIssued = (order: BookedOrder, tickets: readonly string[]): NotificationRequest =>
  notify(order, 'tickets_issued', `tickets_issued:${order.bookingId}:${tickets.join(',')}`, { tickets });

/** A change that the traveller can not settle through our API. */
export const changeAlert = (order: BookedOrder, change: ChangeNews): NotificationRequest =>
  alert(
    order,
    'airline_change',
    `${order.bookingId}:${change.number}`,
    `The airline ${dropsFlights(change) ? 'dropped' : 'changed'} flights of order ${order.orderId} (${order.bookingReference}), and ${change.actions.includes('accept') ? 'accepting that needs thought' : 'it can not be accepted online'}: arrange it with the airline or help@duffel.com.`,
  );

/** An acceptance that the seller refused for good. */
export const acceptanceAlert = (
  order: BookedOrder,
  change: StoredChange,
  code: string,
): NotificationRequest =>
  alert(
    order,
    'airline_change',
    `${order.bookingId}:${change.number}:refused`,
    `The traveller accepted the airline's change of order ${order.orderId} (${order.bookingReference}), and the seller refused it: ${code}. Arrange it by hand.`,
  );

const alert = (order: BookedOrder, code: string, key: string, message: string): NotificationRequest =>
  notify(order, 'ops_alert', `ops_alert:${code}:${key}`, { code, message, attemptId: order.attemptId });

const notify = (
  { userId, tripId, correlationId }: BookedOrder,
  kind: NotificationKind | 'ops_alert',
  dedupeKey: string,
  data: Record<string, unknown>,
): NotificationRequest => notificationRequest({ userId, tripId, kind, dedupeKey, data, correlationId });
