import { z } from 'zod';
import { refuse } from './errors.ts';
import { checkLoyalty, loyaltySchema } from './loyalty.ts';
import { isDiallable } from './phones.ts';
import type { OfferPassenger, OrderPassenger, StoredOffer } from './types.ts';

const documentSchema = z.object({
  type: z.string(),
  unique_identifier: z.string().min(1),
  issuing_country_code: z.string().length(2),
  expires_on: z.iso.date(),
});

export const searchPassengerSchema = z.object({
  type: z.string().optional(),
  age: z.int().min(0).max(130).optional(),
  fare_type: z.string().optional(),
  given_name: z.string().max(20).optional(),
  family_name: z.string().max(20).optional(),
  loyalty_programme_accounts: loyaltySchema,
});
export type SearchPassenger = z.infer<typeof searchPassengerSchema>;

const passengerSchema = z.object({
  id: z.string(),
  title: z.enum(['dr', 'miss', 'mr', 'mrs', 'ms']),
  given_name: z.string().min(1).max(20),
  family_name: z.string().min(1).max(20),
  gender: z.enum(['f', 'm']),
  born_on: z.iso.date(),
  email: z.email(),
  phone_number: z.string(),
  infant_passenger_id: z.string().optional(),
  identity_documents: z.array(documentSchema).max(1).optional(),
});

type Passenger = z.infer<typeof passengerSchema>;

/** How an order's passenger meets a field that is missing or of the wrong form. */
const CODE_OF: Record<string, string> = {
  title: 'invalid_passenger_title',
  given_name: 'invalid_passenger_name',
  family_name: 'invalid_passenger_name',
  email: 'invalid_email_address',
  phone_number: 'invalid_phone_number',
};

const ADULT_FROM = 18;
const INFANT_BELOW = 2;

/** Refuses passengers that Duffel refuses: others than the offer's, of another age, without their names, papers or lap. */
export function checkPassengers(given: readonly OrderPassenger[], stored: StoredOffer): void {
  const { offer, slices } = stored;
  const ids = new Set(given.map(({ id }) => id));
  const same = offer.passengers.length === given.length && offer.passengers.every(({ id }) => ids.has(id));
  if (!same) incompatible('Passengers differ from the offer.', '/passengers');
  const passengers = given.map(readPassenger);
  const lastDay = slices.at(-1)?.departure_date ?? '';
  const names = new Set<string>();
  passengers.forEach((passenger, index) => {
    const at = `/passengers/${index}`;
    const offered = offer.passengers.find(({ id }) => id === passenger.id) as OfferPassenger;
    checkName(passenger, at);
    if (!isDiallable(passenger.phone_number))
      refuse(422, 'validation_error', 'invalid_phone_number', 'No such number.', `${at}/phone_number`);
    checkAge(offered, yearsBetween(passenger.born_on, lastDay), at);
    const name = [passenger.given_name, passenger.family_name, passenger.born_on].join(' ').toLowerCase();
    if (names.has(name))
      refuse(422, 'validation_error', 'duplicate_passenger_name', 'Two passengers share a name.', at);
    names.add(name);
    checkDocument(passenger, offer, lastDay, at);
  });
  checkInfants(passengers, offer.passengers);
}

function readPassenger(raw: OrderPassenger, index: number): Passenger {
  const parsed = passengerSchema.safeParse(raw);
  if (parsed.success) return parsed.data;
  const field = String(parsed.error.issues[0]?.path[0]);
  const isGiven = raw[field] !== undefined && raw[field] !== '';
  const code = (isGiven && CODE_OF[field]) || 'validation_required';
  return refuse(
    422,
    'validation_error',
    code,
    `Field '${field}' is invalid`,
    `/passengers/${index}/${field}`,
  );
}

function checkName({ given_name, family_name }: Passenger, at: string): void {
  const wrong = [...given_name].every(isNameLetter) ? 'family_name' : 'given_name';
  if (wrong === 'given_name' || ![...family_name].every(isNameLetter))
    refuse(422, 'validation_error', 'invalid_passenger_name', 'Not a Latin name.', `${at}/${wrong}`);
}

/** Letters of ASCII, Latin-1 Supplement and Latin Extended-A but these, and what joins names. */
const NO_LETTERS = '×÷ÆæĲĳŒœÞð';

function isNameLetter(letter: string): boolean {
  const code = letter.codePointAt(0) ?? 0;
  const within = (low: number, high: number) => code >= low && code <= high;
  if (letter === ' ' || letter === '-' || letter === "'") return true;
  return within(0x41, 0x5a) || within(0x61, 0x7a) || (within(0xc0, 0x17f) && !NO_LETTERS.includes(letter));
}

/** Full years from a birthday to a day, both `yyyy-mm-dd`. */
function yearsBetween(bornOn: string, day: string): number {
  const [born, then] = [new Date(bornOn), new Date(day)];
  const years = then.getUTCFullYear() - born.getUTCFullYear();
  born.setUTCFullYear(then.getUTCFullYear());
  return born > then ? years - 1 : years;
}

/** The fare was made for an age on the day of the last slice; who has another then does not fly on it. */
function checkAge({ age }: OfferPassenger, years: number, at: string): void {
  const fits = age === null ? years >= ADULT_FROM : years === age;
  if (!fits) incompatible(`The passenger will be ${years} on the last flight.`, `${at}/born_on`);
}

/** At most one each; of a type that the offer supports, valid to the end; none where the offer supports none. */
function checkDocument(
  { identity_documents: [document] = [] }: Passenger,
  offer: StoredOffer['offer'],
  lastDay: string,
  at: string,
): void {
  const pointer = `${at}/identity_documents`;
  if (!document) {
    if (offer.passenger_identity_documents_required)
      refuse(422, 'validation_error', 'validation_required', 'A document is required.', pointer);
    return;
  }
  const serves =
    offer.supported_passenger_identity_document_types.includes(document.type) &&
    document.expires_on >= lastDay &&
    [...document.issuing_country_code].every((letter) => letter >= 'A' && letter <= 'Z');
  if (!serves)
    refuse(422, 'validation_error', 'invalid_identity_document', 'The document does not serve.', pointer);
}

/** As the order shows its passengers: what was ordered, with the loyalty accounts of the offer. */
export const withLoyalty = (
  given: readonly { id: string }[],
  { passengers }: StoredOffer['offer'],
): OrderPassenger[] =>
  (given as readonly OrderPassenger[]).map((passenger) => ({
    ...passenger,
    loyalty_programme_accounts:
      passengers.find(({ id }) => id === passenger.id)?.loyalty_programme_accounts ?? [],
  }));

/** Every infant sits on the lap of one adult, and no adult has two. */
function checkInfants(passengers: readonly Passenger[], offered: readonly OfferPassenger[]): void {
  const typeOf = (id: string) => offered.find((one) => one.id === id)?.type;
  const laps = passengers.filter(({ infant_passenger_id }) => infant_passenger_id !== undefined);
  for (const { id, infant_passenger_id: infant = '' } of laps)
    if (typeOf(id) !== 'adult' || typeOf(infant) !== 'infant_without_seat')
      incompatible('An infant travels with an adult.', '/passengers');
  for (const { id, type } of offered) {
    if (type !== 'infant_without_seat') continue;
    const adults = laps.filter(({ infant_passenger_id }) => infant_passenger_id === id);
    if (adults.length !== 1) incompatible('Name the infant on one adult.', '/passengers');
  }
}

/** Refuses a search for passengers that Duffel does not search for: an adult has a type, a minor an age, no passenger has both. */
export function checkSearchPassengers(passengers: readonly SearchPassenger[]): void {
  passengers.forEach((passenger, index) => {
    const { type, age, fare_type } = passenger;
    const pointer = `/passengers/${index}`;
    checkLoyalty(passenger, pointer);
    for (const name of [passenger.given_name, passenger.family_name])
      if (name !== undefined && ![...name].every(isNameLetter))
        refuse(422, 'validation_error', 'invalid_passenger_name', 'Not a Latin name.', pointer);
    if (type !== undefined && (type !== 'adult' || age !== undefined))
      refuse(422, 'validation_error', 'validation_inclusion', 'Give a type of adult, or an age.', pointer);
    if (type === undefined && age === undefined && fare_type === undefined)
      refuse(422, 'validation_error', 'validation_required', 'Give a type or an age.', pointer);
  });
  const infants = passengers.filter(({ age }) => age !== undefined && age < INFANT_BELOW).length;
  const adults = passengers.filter(({ type, age }) => type === 'adult' || (age ?? 0) >= ADULT_FROM).length;
  if (infants > adults)
    refuse(422, 'validation_error', 'validation_inclusion', 'More infants than adults.', '/passengers');
}

function incompatible(message: string, pointer: string): never {
  return refuse(422, 'invalid_state_error', 'order_passengers_incompatible_with_offer', message, pointer);
}
