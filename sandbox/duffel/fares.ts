import { z } from 'zod';
import type { Offer } from './types.ts';

const conditionSchema = z
  .object({
    allowed: z.boolean(),
    penalty_amount: z.string().nullable(),
    penalty_currency: z.string().nullable(),
  })
  .nullable();

/** What an airline does with its fares between a search and the reading of an offer. */
export const faresSchema = z.strictObject({
  /** Names of fares that no search shows any more. */
  withdrawn: z.array(z.string()).default([]),
  /** What each offer reads from then on. */
  onRead: z
    .strictObject({
      brand: z.string().nullable().optional(),
      cabin: z.string().optional(),
      checked: z.int().min(0).optional(),
      refund: conditionSchema.optional(),
      change: conditionSchema.optional(),
      /** `HH:MM`, of the first flight. */
      departs: z.string().optional(),
      /** ISO 8601, of each direction. */
      duration: z.string().optional(),
    })
    .default({}),
});

/** The airline's fares, as tests and curious readers change them. */
export class Fares {
  #changes: z.infer<typeof faresSchema> = { withdrawn: [], onRead: {} };

  set(changes: Partial<z.infer<typeof faresSchema>>): void {
    this.#changes = { withdrawn: [], onRead: {}, ...changes };
  }

  readonly isSold = ({ slices }: Offer): boolean =>
    !slices.some((slice) => this.#changes.withdrawn.includes(slice.fare_brand_name ?? ''));

  /** The offer as it reads when it is read again. */
  read(offer: Offer): void {
    const { brand, refund, change, departs, duration } = this.#changes.onRead;
    if (refund !== undefined) offer.conditions.refund_before_departure = refund;
    if (change !== undefined) offer.conditions.change_before_departure = change;
    for (const slice of offer.slices) {
      if (brand !== undefined) slice.fare_brand_name = brand;
      slice.duration = duration ?? slice.duration;
    }
    const [first] = offer.slices[0]?.segments ?? [];
    if (first && departs) first.departing_at = `${first.departing_at.slice(0, 11)}${departs}:00`;
    this.#carry(offer);
  }

  #carry({ slices }: Offer): void {
    const { cabin, checked } = this.#changes.onRead;
    for (const passenger of slices.flatMap(({ segments }) => segments.flatMap((one) => one.passengers))) {
      passenger.cabin_class = cabin ?? passenger.cabin_class;
      for (const bag of passenger.baggages)
        if (bag.type === 'checked') bag.quantity = checked ?? bag.quantity;
    }
  }
}
