import { type DecimalMoney, formatMoney } from '../../domain/money.ts';
import type { Criteria } from '../../domain/selection.ts';
import type { Outcome, TripStatus } from '../../domain/trip.ts';
import type { Trip } from '../../ports/storage/trips.ts';
import type { BookingView } from '../bookings/view.ts';

/** A trip as the API shows it. */
export interface TripView {
  readonly id: string;
  readonly status: TripStatus;
  readonly autoBook: boolean;
  readonly origin: string;
  readonly destination: string;
  readonly departureDate: string;
  readonly returnDate: string | null;
  readonly cabin: string;
  readonly travelerIds: readonly string[];
  readonly paymentMethodId: string | null;
  readonly maxPrice: DecimalMoney;
  readonly criteria: Criteria;
  readonly bestPrice: DecimalMoney | null;
  readonly lastCheckedAt: string | null;
  readonly nextCheckAt: string | null;
  readonly outcome: Outcome;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly booking?: BookingView;
}

export function viewTrip(row: Trip, booking?: BookingView): TripView {
  const best = row.bestPriceMinor !== null && row.bestPriceCurrency !== null;
  return {
    id: row.id,
    status: row.autoBookStatus,
    autoBook: row.autoBookEnabled,
    origin: row.origin,
    destination: row.destination,
    departureDate: row.departureDate,
    returnDate: row.returnDate,
    cabin: row.cabin,
    travelerIds: row.travelerIds,
    paymentMethodId: row.paymentMethodId,
    maxPrice: formatMoney({ minor: row.maxPriceMinor, currency: row.currency }),
    criteria: row.criteria,
    bestPrice: best
      ? formatMoney({ minor: row.bestPriceMinor as number, currency: row.bestPriceCurrency as string })
      : null,
    lastCheckedAt: row.lastCheckedAt?.toISOString() ?? null,
    nextCheckAt: row.nextCheckAt?.toISOString() ?? null,
    outcome: row.outcome,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
    ...(booking && { booking }),
  };
}
