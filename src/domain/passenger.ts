/** A traveller as airlines want them. Names are Latin and at most 20 characters, the phone number is E.164. */
export interface Passenger {
  readonly title: string;
  /** `NO_GIVEN_NAME` of somebody who has one name. */
  readonly givenName: string;
  readonly familyName: string;
  /** `yyyy-mm-dd` */
  readonly bornOn: string;
  readonly gender: string;
  readonly email: string;
  readonly phone: string;
  /** Given to the airline with those offers alone that need one. */
  readonly identityDocument?: IdentityDocument | undefined;
  readonly loyaltyAccounts?: readonly LoyaltyAccount[] | undefined;
}

/** A passport. */
export interface IdentityDocument {
  readonly type: 'passport';
  /** Capitals and digits. */
  readonly number: string;
  /** ISO 3166-1 alpha-2. */
  readonly issuingCountry: string;
  /** `yyyy-mm-dd`, its last day. */
  readonly expiresOn: string;
}

/** A membership of an airline's loyalty programme. */
export interface LoyaltyAccount {
  /** IATA code of the airline. */
  readonly airline: string;
  readonly number: string;
}

/**
 * What stands in the place of the given name of somebody whose passport has one name: "first name unknown". The one name is the family
 * name. Source: IATA Control Authorities Working Group; Virgin Atlantic, "Names in bookings".
 */
export const NO_GIVEN_NAME = 'FNU';
