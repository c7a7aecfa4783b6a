import type { Offer } from './offer.ts';
import type { IdentityDocument, Passenger } from './passenger.ts';

/** Of a passenger, whether there is a document that serves. */
export type WithDocument = Pick<Passenger, 'identityDocument'>;

/**
 * Why an offer can't be bought with the documents that its passengers have. It counts them and names none: it is stored with
 * the decision.
 * @param passengers all who fly; undefined when they are not known
 * @returns null when the offer needs none, or each passenger has one that serves
 */
export function documentProblem(
  offer: Offer,
  passengers: readonly WithDocument[] | undefined,
): string | null {
  if (!offer.documentsRequired) return null;
  if (!takesPassports(offer)) return 'needs documents other than passports, which we can not give';
  if (!passengers?.length) return 'needs a passport of each traveller';
  const missing = passengers.filter(({ identityDocument }) => identityDocument === undefined).length;
  const lastDay = lastDayOf(offer);
  const expired = passengers.filter(
    ({ identityDocument }) => identityDocument && !isValidOn(identityDocument, lastDay),
  ).length;
  const found = [
    ...(missing ? [`${missing} of ${passengers.length} travellers have none`] : []),
    ...(expired
      ? [`${expired} of ${passengers.length} travellers have one that does not outlast the trip`]
      : []),
  ];
  return found.length ? `needs a passport of each traveller: ${found.join(', ')}` : null;
}

/** Whether a passport serves. Offers that an older version stored do not say which documents do. */
export const takesPassports = ({ documentTypes }: Offer): boolean =>
  documentTypes === undefined || documentTypes.includes('passport');

/** Whether a document is still valid after this day, `yyyy-mm-dd`. */
export const isValidOn = ({ expiresOn }: IdentityDocument, day: string): boolean => expiresOn > day;

/** The airport-local day on which an offer's last flight lands, `yyyy-mm-dd`. */
const lastDayOf = ({ slices }: Offer): string =>
  slices.at(-1)?.segments.at(-1)?.arrivingAtLocal.slice(0, 10) ?? '';
