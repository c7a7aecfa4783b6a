import type { Condition } from './types.ts';

/** One fare that an airline sells on its flights. */
export interface Brand {
  /** Null where the airline does not name its fares. */
  readonly name: string | null;
  /** Its price in relation to the cheapest fare of the same flights. */
  readonly factor: number;
  readonly checked: number;
  readonly carryOn: number;
  readonly refund: Condition;
  readonly change: Condition;
}

const free: Condition = { allowed: true, penalty_amount: '0.00', penalty_currency: 'GBP' };
const no: Condition = { allowed: false, penalty_amount: null, penalty_currency: null };
const fee = (penalty_amount: string): Condition => ({
  allowed: true,
  penalty_amount,
  penalty_currency: 'GBP',
});
const changes = fee('45.00');

/**
 * What each airline sells, the cheapest first. Names, bags and conditions differ by fare, and null is "unknown".
 * Source: Duffel, types of `@duffel/api` (`fare_brand_name`, `baggages`); "Displaying Offer and Order Conditions".
 */
const BRANDS: Readonly<Record<string, readonly Brand[]>> = {
  ZZ: [
    { name: 'Basic', factor: 1, checked: 1, carryOn: 1, refund: free, change: changes },
    { name: 'Flex', factor: 1.24, checked: 2, carryOn: 1, refund: free, change: free },
  ],
  BA: [
    { name: 'Economy Basic', factor: 1, checked: 0, carryOn: 1, refund: no, change: changes },
    { name: 'Economy Plus', factor: 1.08, checked: 1, carryOn: 1, refund: no, change: changes },
    { name: 'Economy Plus Flex', factor: 1.3, checked: 1, carryOn: 1, refund: free, change: free },
  ],
  VS: [
    { name: 'Economy Classic', factor: 1, checked: 1, carryOn: 1, refund: no, change: changes },
    { name: 'Economy Flex', factor: 1.25, checked: 1, carryOn: 1, refund: fee('60.00'), change: free },
  ],
  IB: [
    { name: null, factor: 1, checked: 1, carryOn: 1, refund: null, change: changes },
    { name: null, factor: 1.12, checked: 1, carryOn: 1, refund: free, change: changes },
  ],
  AF: [{ name: 'Economy Light', factor: 1, checked: 0, carryOn: 1, refund: no, change: changes }],
};

/** @param airline its IATA code */
export const brandsOf = (airline: string): readonly Brand[] => BRANDS[airline] ?? [];
