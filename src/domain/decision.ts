import { fareText } from './fare.ts';
import { type DecimalMoney, formatMoney, type Money } from './money.ts';
import { durationOf, type Offer, stopsOf } from './offer.ts';
import type { Criteria, Selection } from './selection.ts';

/** The basis of a decision, stored with its entry in the audit log: every offer with its score and its objections. */
export interface DecisionRecord {
  readonly maxPrice: DecimalMoney;
  readonly criteria: Criteria;
  readonly rules: { readonly advancedFiltering: boolean; readonly priceOptimization: boolean };
  readonly chosen: string | null;
  readonly offers: readonly {
    readonly offerId: string;
    readonly airline: string;
    /** In words; absent in entries of a version before. */
    readonly fare?: string;
    readonly price: DecimalMoney;
    readonly stops: number;
    readonly durationMinutes: number;
    /** 0 is best, 100 worst; null when the offer does not fit, or when the cheapest wins without a score. */
    readonly score: number | null;
    readonly objections: readonly string[];
  }[];
}

/** Records a selection for the audit log. @param offers in the order of the selection's verdicts */
export function recordDecision(
  { chosen, verdicts }: Selection,
  offers: readonly Offer[],
  { mandate, criteria, ...rules }: DecisionRecord['rules'] & { mandate: Money; criteria: Criteria },
): DecisionRecord {
  const { advancedFiltering, priceOptimization } = rules;
  return {
    maxPrice: formatMoney(mandate),
    criteria,
    rules: { advancedFiltering, priceOptimization },
    chosen: chosen?.offerId ?? null,
    offers: verdicts.map(({ offerId, price, score, objections }, index) => {
      const offer = offers[index] as Offer;
      return {
        offerId,
        airline: offer.airline,
        fare: fareText(offer),
        price: formatMoney(price),
        stops: stopsOf(offer),
        durationMinutes: durationOf(offer),
        score: score === null ? null : Math.round(score * 10) / 10,
        objections,
      };
    }),
  };
}
