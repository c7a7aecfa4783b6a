/** A card. Its number is known to the payment provider alone. */
export interface PaymentMethod {
  readonly id: string;
  /** The payment provider's id (`pm_…`). */
  readonly paymentMethodId: string;
  readonly brand: string;
  readonly last4: string;
  readonly expMonth: number;
  readonly expYear: number;
  readonly createdAt: Date;
}

/** Cards in storage. Cards of other users do not exist here. */
export interface PaymentMethodStore {
  /**
   * Stores a card; one that is stored already keeps its id, and gets the new expiry date.
   * @returns undefined for one that is being removed
   */
  save(userId: string, card: Omit<PaymentMethod, 'createdAt'>): Promise<PaymentMethod | undefined>;
  /** The user's newest cards, newest first. */
  list(userId: string, limit: number): Promise<PaymentMethod[]>;
  /** Deletes a removed card: the payment provider keeps it no longer. */
  deleteRemoved(userId: string, id: string): Promise<void>;
  /** Runs `work` in one transaction that sees this user's rows alone; what `work` throws rolls it back. */
  transaction<T>(userId: string, work: (trx: PaymentMethodTransaction) => Promise<T>): Promise<T>;
}

/** Verbs of one transaction on a user's cards. */
export interface PaymentMethodTransaction {
  /**
   * Takes the card from every trip that names it; until the transaction ends no other can be given it.
   * @returns the trips that need it: those being booked, and those watched that buy by themselves
   */
  takeFromTrips(id: string): Promise<readonly TripNeedingCard[]>;
  /**
   * Marks the card as removed: it is no longer listed, and pays for nothing.
   * @returns the payment provider's id; undefined when there is no such card
   */
  remove(id: string): Promise<string | undefined>;
}

/** A trip that can't go on without its card. */
export interface TripNeedingCard {
  readonly id: string;
  readonly booking: boolean;
}

/** A card that its traveller removed, and that the payment provider may still keep. */
export interface RemovedCard {
  readonly id: string;
  readonly paymentMethodId: string;
}

/** Removed cards of all users. */
export interface RemovedCardStore {
  /** Those removed longest ago. */
  list(limit: number): Promise<readonly RemovedCard[]>;
  /** Deletes a removed card: the payment provider keeps it no longer. */
  delete(id: string): Promise<void>;
}
