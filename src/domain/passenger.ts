/** A traveller as airlines want them. Names are Latin and at most 20 characters, the phone number is E.164. */
export interface Passenger {
  readonly title: string;
  readonly givenName: string;
  readonly familyName: string;
  /** `yyyy-mm-dd` */
  readonly bornOn: string;
  readonly gender: string;
  readonly email: string;
  readonly phone: string;
}
