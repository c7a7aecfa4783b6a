import type { DecimalMoney } from '../../domain/money.ts';
import type { Cabin } from '../../domain/search.ts';
import type { Criteria } from '../../domain/selection.ts';

/** A trip as the traveller requests it. http has checked its shape, `checkTrip` checks the rest. */
export interface TripInput {
  readonly origin: string;
  readonly destination: string;
  readonly departureDate: string;
  readonly returnDate?: string | null | undefined;
  readonly cabin: Cabin;
  readonly travelerIds: readonly string[];
  readonly maxPrice: DecimalMoney;
  readonly autoBook: boolean;
  readonly paymentMethodId?: string | null | undefined;
  /** The traveller's agreement as the app recorded it; stored as evidence. */
  readonly consent?: unknown;
  readonly criteria?: Criteria | undefined;
  /** The traveller insists on a trip that overlaps another of theirs. */
  readonly allowDuplicate: boolean;
}

/** What may change while a trip is watched, or to have a failed one watched again. */
export type TripChange = Partial<
  Pick<
    TripInput,
    | 'departureDate'
    | 'returnDate'
    | 'maxPrice'
    | 'paymentMethodId'
    | 'autoBook'
    | 'consent'
    | 'travelerIds'
    | 'allowDuplicate'
  >
> & {
  /** JSON merge patch (RFC 7396): null removes a criterion, or all of them; an absent one stays. */
  readonly criteria?: CriteriaPatch | null | undefined;
};

/** What changes in the criteria of a trip. */
export type CriteriaPatch = { readonly [Key in keyof Criteria]?: Criteria[Key] | null };

/** What was agreed, as evidence: the app's own record, the cap it covers, and when we received it. JSON text. */
export function consentRecord({ autoBook, consent, maxPrice }: TripInput, receivedAt: Date): string | null {
  if (!autoBook) return null;
  return JSON.stringify({ given: consent, maxPrice, receivedAt: receivedAt.toISOString() });
}
