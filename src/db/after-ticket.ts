import { sql } from 'kysely';
import type { CancellationAsker, CancellationStatus } from '../domain/cancellation.ts';
import type { Money } from '../domain/money.ts';
import type { StoredChange } from '../ports/storage/booked-orders.ts';
import type { BookingCancellation, BookingRefund } from '../ports/storage/bookings.ts';

/** As jsonb brings them: times are text. */
interface CancellationJson {
  readonly requestedBy: CancellationAsker;
  readonly requestedAt: string;
  readonly status: CancellationStatus;
  readonly finishedAt: string | null;
  readonly refusal: string | null;
  readonly airlineRefund: Money | null;
  readonly refundMinor: number | null;
}
interface RefundJson {
  readonly minor: number;
  readonly currency: string;
  readonly status: string;
  readonly requestedAt: string;
  readonly settledAt: string | null;
  readonly resolvedAt: string | null;
}

/** A change by the airline; as jsonb brings it. */
interface ChangeJson extends Omit<StoredChange, 'noticedAt' | 'acceptRequestedAt'> {
  readonly noticedAt: string;
  readonly acceptRequestedAt: string | null;
}

/** What became of a booking after its ticket. */
export interface AfterTicketRow {
  readonly cancellation: CancellationJson | null;
  readonly refunds: readonly RefundJson[] | null;
  readonly changes: readonly ChangeJson[] | null;
}

/**
 * Columns of a query on flight_bookings: its newest cancellation, its refunds and the airline's changes in order. A call that the payment provider refused
 * made no refund, so nothing of it is shown.
 */
export const AFTER_TICKET = [
  sql<CancellationJson | null>`(
    select jsonb_build_object('requestedBy', c.requested_by, 'requestedAt', c.requested_at, 'status', c.status,
      'finishedAt', c.finished_at, 'refusal', case when c.status = 'REFUSED' then c.error_message end,
      'airlineRefund', nullif(c.airline_refund, 'null'), 'refundMinor', c.refund_minor)
    from cancellations c where c.booking_id = flight_bookings.id order by c.number desc limit 1)`.as(
    'cancellation',
  ),
  sql<readonly RefundJson[] | null>`(
    select jsonb_agg(jsonb_build_object('minor', r.amount_minor, 'currency', r.currency, 'status', r.status,
      'requestedAt', r.requested_at, 'settledAt', r.settled_at, 'resolvedAt', r.resolved_at) order by r.requested_at, r.id)
    from refunds r where r.booking_id = flight_bookings.id
      and not (r.status in ('failed', 'canceled') and r.provider_refund_id is null))`.as('refunds'),
  sql<readonly ChangeJson[] | null>`(
    select jsonb_agg(jsonb_build_object('id', o.id, 'changeId', o.change_id, 'number', o.number, 'before', o.before, 'after', o.after,
      'actions', o.actions, 'state', o.state, 'noticedAt', o.noticed_at, 'acceptRequestedAt', o.accept_requested_at,
      'acceptOutcome', o.accept_outcome) order by o.number)
    from order_changes o where o.booking_id = flight_bookings.id)`.as('changes'),
] as const;

const date = (text: string | null): Date | null => (text === null ? null : new Date(text));

/** A cancellation as the ports know it. */
export const toCancellation = (row: CancellationJson): BookingCancellation => ({
  ...row,
  requestedAt: new Date(row.requestedAt),
  finishedAt: date(row.finishedAt),
});

/** A change by the airline as the ports know it. */
export const toChange = (row: ChangeJson): StoredChange => ({
  ...row,
  noticedAt: new Date(row.noticedAt),
  acceptRequestedAt: date(row.acceptRequestedAt),
});

/** A refund as the ports know it. */
export const toRefund = ({
  minor,
  currency,
  status,
  requestedAt,
  settledAt,
  resolvedAt,
}: RefundJson): BookingRefund => ({
  amount: { minor, currency },
  status,
  requestedAt: new Date(requestedAt),
  settledAt: date(settledAt),
  resolvedAt: date(resolvedAt),
});
