import { z } from 'zod';
import { refuse } from './errors.ts';
import type { OfferPassenger } from './types.ts';

export const loyaltySchema = z
  .array(z.object({ airline_iata_code: z.string().length(2), account_number: z.string().min(1) }))
  .optional();

/** Duffel's own member: Duffel Airways gives her a tenth off. Source: Duffel, "Adding Loyalty Programme Accounts", test mode. */
const MEMBER = { airline: 'ZZ', given: 'Amelia', family: 'Earhart', number: '1234567890', factor: 0.9 };

/** Refuses accounts without the names that they belong to. */
export function checkLoyalty(
  {
    given_name = '',
    family_name = '',
    loyalty_programme_accounts = [],
  }: {
    given_name?: string | undefined;
    family_name?: string | undefined;
    loyalty_programme_accounts?: z.infer<typeof loyaltySchema>;
  },
  pointer: string,
): void {
  if (loyalty_programme_accounts.length > 0 && (given_name === '' || family_name === ''))
    refuse(422, 'validation_error', 'validation_required', 'Loyalty accounts need both names.', pointer);
}

/** As the offer of an airline shows its passengers: with those accounts alone that were sent to it. */
export function membersOf(airline: string, passengers: readonly OfferPassenger[]): OfferPassenger[] {
  return passengers.map((passenger) => ({
    ...passenger,
    loyalty_programme_accounts: passenger.loyalty_programme_accounts.filter(
      ({ airline_iata_code }) => airline_iata_code === airline,
    ),
  }));
}

/** What the airline's price is multiplied by for these passengers. */
export function memberFactor(airline: string, passengers: readonly OfferPassenger[]): number {
  const isMember = passengers.some(
    ({ given_name, family_name, loyalty_programme_accounts }) =>
      given_name === MEMBER.given &&
      family_name === MEMBER.family &&
      loyalty_programme_accounts.some(({ account_number }) => account_number === MEMBER.number),
  );
  return airline === MEMBER.airline && isMember ? MEMBER.factor : 1;
}
