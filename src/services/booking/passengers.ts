import type { Passenger } from '../../domain/passenger.ts';
import { byAge } from '../../domain/search.ts';
import type { TripTravelers } from '../../ports/storage/trip-travelers.ts';
import type { PiiCipher } from '../privacy/pii-cipher.ts';
import type { PassengerReader } from './ports.ts';

/** Reads who flies and decrypts it for the order call. */
export function createPassengerReader(
  travelers: TripTravelers,
  cipher: Pick<PiiCipher, 'decrypt'>,
): PassengerReader {
  return {
    async passengersOf({ tripId, offer }) {
      const encrypted = await travelers.of(tripId);
      if (encrypted.length !== offer?.passengers.length) return null;
      return byAge(
        encrypted.map(({ dataKey, userId, pii }) => cipher.decrypt<Passenger>(dataKey, userId, pii)),
      );
    },
  };
}
