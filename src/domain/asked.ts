import type { Offer, Slice } from './offer.ts';
import { CABINS, type SearchParams } from './search.ts';

/** What a trip was asked for, besides its passengers. */
export type AskedFor = Pick<
  SearchParams,
  'origin' | 'destination' | 'departureDate' | 'returnDate' | 'cabin'
>;

/** How an offer is not what was asked for, in words: a seller may answer a search with more than it asked for. */
export function notAskedFor({ slices }: Offer, asked: AskedFor): string[] {
  const { origin, destination, departureDate, returnDate, cabin } = asked;
  const wanted = [{ origin, destination, date: departureDate }];
  if (returnDate) wanted.push({ origin: destination, destination: origin, date: returnDate });
  if (slices.length !== wanted.length) return [`has ${slices.length} directions, and not ${wanted.length}`];
  return wanted.flatMap((one, index) => {
    const slice = slices[index] as Slice;
    const route = `${slice.origin} to ${slice.destination}`;
    const date = slice.segments[0]?.departingAtLocal.slice(0, 10);
    return [
      ...(slice.origin === one.origin && slice.destination === one.destination ? [] : [`flies ${route}`]),
      ...(date === one.date ? [] : [`departs on ${date}, and not on ${one.date}`]),
      ...lowerCabin(slice, cabin),
    ];
  });
}

/** Only the longest flight counts: feeder flights have no better cabin, whatever is paid. */
function lowerCabin({ segments }: Slice, asked: SearchParams['cabin']): string[] {
  const [longest] = segments.toSorted((a, b) => b.durationMinutes - a.durationMinutes);
  const cabin = longest?.cabin ?? 'unknown';
  const rank = (CABINS as readonly string[]).indexOf(cabin);
  const lower = rank < CABINS.indexOf(asked) && asked !== 'economy';
  return lower ? [`is in ${cabin.replaceAll('_', ' ')}, and not in ${asked.replaceAll('_', ' ')}`] : [];
}
