import type { DecimalMoney } from '../../domain/money.ts';
import type { Cabin } from '../../domain/search.ts';
import type { Criteria } from '../../domain/selection.ts';

/** A trip as the traveller asks for it; http has checked its shape, the services check its sense. */
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
  /** The traveller's agreement, in whatever words the app showed them; kept as evidence. */
  readonly consent?: unknown;
  readonly criteria?: Criteria | undefined;
}

/** What may change while a trip is watched, or to bring a failed one back. */
export type TripChange = Partial<
  Pick<TripInput, 'maxPrice' | 'criteria' | 'paymentMethodId' | 'autoBook' | 'consent' | 'travelerIds'>
>;
