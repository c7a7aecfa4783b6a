import type { Passenger } from '../src/domain/passenger.ts';
import type { Chance } from './chance.ts';

/** A route, and how its fares are counted: the scenario's fares are in pence. */
export interface SimulatedRoute {
  readonly origin: string;
  readonly destination: string;
  readonly currency: string;
  /** Minor units of its currency that stand for a penny of the scenario. */
  readonly minorPerPenny: number;
}

const HOME: SimulatedRoute = { origin: 'LHR', destination: 'JFK', currency: 'GBP', minorPerPenny: 1 };

/** One currency each of two decimals, of none, of three, and those that Stripe counts otherwise than ISO 4217. */
export const ROUTES: readonly [SimulatedRoute, ...SimulatedRoute[]] = [
  HOME,
  { origin: 'JFK', destination: 'LAX', currency: 'USD', minorPerPenny: 1 },
  { origin: 'HND', destination: 'CTS', currency: 'JPY', minorPerPenny: 1 },
  { origin: 'KWI', destination: 'CAI', currency: 'KWD', minorPerPenny: 10 },
  { origin: 'EBB', destination: 'NBO', currency: 'UGX', minorPerPenny: 1 },
  { origin: 'KEF', destination: 'CPH', currency: 'ISK', minorPerPenny: 1 },
];

const ADULT = {
  title: 'ms',
  bornOn: '1990-12-10',
  gender: 'f',
  email: 'zephyrine@traveller.example',
  phone: '+442079460018',
};
const person = (givenName: string, familyName: string, changes: Partial<Passenger> = {}): Passenger => ({
  ...ADULT,
  givenName,
  familyName,
  ...changes,
});

/** The travellers of each customer, from old to young. Their words may turn up nowhere but in the order. */
export const FAMILIES: readonly (readonly Passenger[])[] = [
  [
    person('Zephyrine', 'Quillfeather'),
    person('Xantippe', 'Quillfeather', { bornOn: '2017-02-03' }),
    person('Wenceslas', 'Quillfeather', { bornOn: '2025-11-20', gender: 'm', title: 'mr' }),
  ],
  [person('Ottoline', 'Thistlewood', { email: 'ottoline@traveller.example' })],
  [person('Peregrine', 'Yarborough', { gender: 'm', title: 'mr', email: 'peregrine@traveller.example' })],
];
export const SECRETS = FAMILIES.flat().flatMap(({ givenName, familyName, email, phone }) => [
  givenName,
  familyName,
  email,
  phone,
]);

/** A change of a trip that its traveller makes. */
export interface ScenarioPatch {
  readonly at: number;
  readonly capPence?: number;
  readonly card?: string;
}

/** What distinguishes a trip from the one that everybody had at first. */
export interface Breadth {
  /** Whose trip it is. */
  readonly customer: number;
  /** A test card of Stripe's; one that is saved belongs to its customer. */
  readonly card: string;
  readonly saved: boolean;
  readonly route: SimulatedRoute;
  /** How many of the customer's family fly, the eldest first. */
  readonly travelers: number;
  readonly autoBook: boolean;
  readonly patches: readonly ScenarioPatch[];
  /** When the traveller books an offer by hand, if there is one by then. */
  readonly byHandAt: readonly number[];
}

/** One adult of a customer of their own, from London to New York, left alone. */
export const plain = (customer: number): Breadth => ({
  customer,
  card: 'pm_card_visa',
  saved: false,
  route: HOME,
  travelers: 1,
  autoBook: true,
  patches: [],
  byHandAt: [],
});

const CARDS = ['pm_card_visa', 'pm_card_mastercard', 'pm_card_amex'] as const;

/**
 * How the trips of a world differ: half of all worlds have plain trips only.
 * @param chance apart from the scenario's own, so that a seed's other chances stay
 * @param expiresAt when its trips are over, in ms after the start
 */
export function breadthOf(chance: Chance, trips: number, expiresAt: number): Breadth[] {
  const indexes = Array.from({ length: trips }, (_, index) => index);
  if (chance.hits(0.5)) return indexes.map(plain);
  const oneCustomer = chance.hits(0.6);
  const oneRoute = chance.hits(0.4);
  const shared = chance.pick(ROUTES);
  return indexes.map((index) => {
    const customer = oneCustomer ? 0 : index;
    const times = (count: number) =>
      Array.from({ length: count }, () =>
        chance.hits(0.6) ? chance.between(500, 20_000) : chance.between(0, expiresAt),
      );
    return {
      customer,
      card: chance.pick(CARDS),
      saved: true,
      route: oneRoute ? shared : chance.pick(ROUTES),
      travelers: chance.between(1, FAMILIES[customer]?.length ?? 1),
      autoBook: chance.hits(0.85),
      patches: times(chance.pick([0, 0, 1, 2])).map((at) => patchAt(chance, at)),
      byHandAt: times(chance.pick([0, 0, 1, 2])),
    };
  });
}

const patchAt = (chance: Chance, at: number): ScenarioPatch =>
  chance.hits(0.7) ? { at, capPence: chance.between(34_000, 46_000) } : { at, card: chance.pick(CARDS) };
