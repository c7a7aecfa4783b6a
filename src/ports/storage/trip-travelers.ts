/** A traveller of a trip: encrypted, with the wrapped data key of the user whose traveller it is. */
export interface TripTraveler {
  readonly userId: string;
  readonly dataKey: Buffer;
  readonly pii: Buffer;
}

/** Reads who flies on a trip. */
export interface TripTravelers {
  /** Those of the trip's travellers that still exist, in any order. */
  of(tripId: string): Promise<readonly TripTraveler[]>;
}
