import type { Passenger } from '../../domain/passenger.ts';
import { byAge } from '../../domain/search.ts';
import type { TripTravelers } from '../../ports/storage/trip-travelers.ts';
import type { PiiCipher } from '../privacy/pii-cipher.ts';
import type { PassengerReader } from './ports.ts';

/** Reads who flies and decrypts it for the calls that need it. */
export function createPassengerReader(
  travelers: TripTravelers,
  cipher: Pick<PiiCipher, 'decrypt'>,
): PassengerReader {
  const flyersOf = async (tripId: string): Promise<Passenger[]> => {
    const encrypted = await travelers.of(tripId);
    const flyers = encrypted.map(({ dataKey, userId, pii }) =>
      cipher.decrypt<Passenger>(dataKey, userId, pii),
    );
    return byAge(flyers);
  };
  return {
    flyersOf,
    async passengersOf({ tripId, offer }) {
      const passengers = await flyersOf(tripId);
      return passengers.length === offer?.passengers.length ? passengers : null;
    },
  };
}
