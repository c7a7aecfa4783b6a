import { fareFacts, includedBags } from '../../domain/fare.ts';
import { type DecimalMoney, formatMoney } from '../../domain/money.ts';
import type { Condition, Offer } from '../../domain/offer.ts';

/** What may be done with a ticket before departure. Null instead of it is unknown, not no. */
export interface ConditionView {
  readonly allowed: boolean;
  /** Null is unknown, not nothing. */
  readonly fee: DecimalMoney | null;
}

/** A fare as the API shows it, beside its flights and price. */
export interface FareView {
  /** As the airline names it, of each direction where they differ; null where it does not say. */
  readonly brand: string | null;
  /** Of each flight where they differ. */
  readonly cabin: string;
  readonly bags: {
    /** For every passenger with a seat, on every flight; null is unknown. */
    readonly checked: number | null;
    readonly carryOn: number | null;
  };
  readonly cancellation: ConditionView | null;
  readonly change: ConditionView | null;
}

export function viewFare(offer: Offer): FareView {
  const { brands = [], refund = null, change = null } = offer.terms ?? {};
  const { brand, cabin } = fareFacts(offer);
  return {
    brand: brands.some(Boolean) ? brand : null,
    cabin,
    bags: { checked: includedBags(offer, 'checkedBags'), carryOn: includedBags(offer, 'carryOnBags') },
    cancellation: viewCondition(refund),
    change: viewCondition(change),
  };
}

function viewCondition(condition: Condition | null): ConditionView | null {
  if (!condition) return null;
  const { allowed, fee } = condition;
  return { allowed, fee: fee && formatMoney(fee) };
}
