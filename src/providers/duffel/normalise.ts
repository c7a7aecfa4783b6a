import { z } from 'zod';
import { includedBags } from '../../domain/fare.ts';
import { parseMoney } from '../../domain/money.ts';
import type { Condition, Offer } from '../../domain/offer.ts';
import { Permanent } from '../../errors.ts';
import { firstField } from '../lenient.ts';
import { sliceSchema, toSlice } from './normalise-slice.ts';
import { conditionSchema, toTerms } from './normalise-terms.ts';

/** The fields that we rely on. Unknown ones are ignored; a missing one is an error here, and nowhere deeper. */
export const offerSchema = z.object({
  id: z.string(),
  expires_at: z.string().nullish(),
  owner: z.object({ iata_code: z.string().nullable(), name: z.string() }),
  total_amount: z.string(),
  total_currency: z.string(),
  base_amount: z.string().nullish(),
  tax_amount: z.string().nullish(),
  passengers: z.array(z.object({ id: z.string(), type: z.string().nullish(), age: z.number().nullish() })),
  passenger_identity_documents_required: z.boolean().nullish(),
  supported_passenger_identity_document_types: z.array(z.string()).nullish(),
  conditions: z
    .object({ refund_before_departure: conditionSchema, change_before_departure: conditionSchema })
    .nullish(),
  slices: z.array(sliceSchema).min(1),
});

/** @throws Permanent when the offer lacks something a booking needs */
export function toOffer(raw: unknown): Offer {
  const offer = readOffer(raw);
  if (typeof offer === 'object') return offer;
  throw new Permanent('unreadable_offer', `Duffel's offer lacks ${offer}`);
}

/** @returns the offer, or the field that it lacks */
export function readOffer(raw: unknown): Offer | string {
  const parsed = offerSchema.safeParse(raw);
  if (!parsed.success) return firstField(parsed.error);
  const offer = parsed.data;
  const price = parseMoney({ amount: offer.total_amount, currency: offer.total_currency });
  if (!price) return 'total_amount';
  const terms = toTerms(offer);
  const minor = (amount: string | null | undefined) =>
    amount ? (parseMoney({ amount, currency: offer.total_currency })?.minor ?? null) : null;
  const normalised = {
    provider: 'duffel',
    offerId: offer.id,
    price,
    expiresAt: offer.expires_at ?? null,
    airline: offer.owner.iata_code ?? '',
    airlineName: offer.owner.name,
    slices: offer.slices.map(toSlice),
    passengers: offer.passengers.map(({ id, type, age }) => ({
      id,
      type: type ?? 'adult',
      age: age ?? null,
    })),
    checkedBags: 0,
    terms,
    refundable: isRefundable(terms.refund),
    ...(offer.passenger_identity_documents_required && {
      documentsRequired: true,
      documentTypes: offer.supported_passenger_identity_document_types ?? [],
    }),
    baseMinor: minor(offer.base_amount),
    taxMinor: minor(offer.tax_amount),
  };
  return { ...normalised, checkedBags: includedBags(normalised) ?? 0 };
}

/** Refundable in full; a fee that is unknown may be one. */
function isRefundable(refund: Condition | null): boolean | null {
  if (!refund?.allowed) return refund && false;
  return refund.fee && refund.fee.minor === 0;
}
