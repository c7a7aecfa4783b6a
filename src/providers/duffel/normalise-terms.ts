import { z } from 'zod';
import { parseMoney } from '../../domain/money.ts';
import type { Carriage, Condition, FareTerms } from '../../domain/offer.ts';

/**
 * What is read of a fare beside its flights. Source: types of `@duffel/api`; Duffel, "Displaying Offer and Order Conditions":
 * a condition that is null is unknown, and so is the fee of one that is allowed with a null penalty.
 */
export const conditionSchema = z
  .object({
    allowed: z.boolean(),
    penalty_amount: z.string().nullish(),
    penalty_currency: z.string().nullish(),
  })
  .nullish();

/** How one passenger travels on one segment. */
export const carriageSchema = z.object({
  passenger_id: z.string().nullish(),
  cabin_class: z.string().nullish(),
  baggages: z.array(z.object({ type: z.string(), quantity: z.number() })).nullish(),
});

interface RawTerms {
  readonly total_currency: string;
  readonly passengers: readonly { readonly id: string }[];
  readonly conditions?:
    | {
        readonly refund_before_departure?: z.infer<typeof conditionSchema>;
        readonly change_before_departure?: z.infer<typeof conditionSchema>;
      }
    | null
    | undefined;
  readonly slices: readonly {
    readonly fare_brand_name?: string | null | undefined;
    readonly segments: readonly { readonly passengers: readonly z.infer<typeof carriageSchema>[] }[];
  }[];
}

/** The terms of an offer, with passengers in the order of the offer, for their ids are new in each search. */
export function toTerms({ total_currency, passengers, conditions, slices }: RawTerms): FareTerms {
  return {
    brands: slices.map(({ fare_brand_name }) => fare_brand_name?.trim() || null),
    carriage: slices.flatMap(({ segments }) =>
      segments.map((segment) => passengers.map(({ id }, index) => carriageOf(segment.passengers, id, index))),
    ),
    refund: toCondition(conditions?.refund_before_departure, total_currency),
    change: toCondition(conditions?.change_before_departure, total_currency),
  };
}

function carriageOf(
  listed: readonly z.infer<typeof carriageSchema>[],
  passengerId: string,
  index: number,
): Carriage {
  const unnamed = listed[index]?.passenger_id ? undefined : listed[index];
  const one = listed.find(({ passenger_id }) => passenger_id === passengerId) ?? unnamed;
  return {
    cabin: one?.cabin_class ?? null,
    checkedBags: countOf(one?.baggages, 'checked'),
    carryOnBags: countOf(one?.baggages, 'carry_on'),
  };
}

/** An empty list says that there are none; a missing one says nothing. */
function countOf(bags: z.infer<typeof carriageSchema>['baggages'], type: string): number | null {
  if (!bags) return null;
  return bags.filter((bag) => bag.type === type).reduce((sum, { quantity }) => sum + quantity, 0);
}

/** @param ofOffer the currency of the offer: a fee of nothing may come without one */
function toCondition(raw: z.infer<typeof conditionSchema>, ofOffer: string): Condition | null {
  if (!raw) return null;
  const { allowed, penalty_amount: amount, penalty_currency: currency } = raw;
  if (!allowed || !amount) return { allowed, fee: null };
  if (Number(amount) === 0) return { allowed, fee: { minor: 0, currency: currency ?? ofOffer } };
  return { allowed, fee: (currency && parseMoney({ amount, currency })) || null };
}
