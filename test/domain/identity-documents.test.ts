import fc from 'fast-check';
import { expect, test } from 'vitest';
import { documentProblem } from '../../src/domain/identity-documents.ts';
import type { Offer } from '../../src/domain/offer.ts';
import type { IdentityDocument } from '../../src/domain/passenger.ts';

const offer = (changes: Partial<Offer>): Offer => ({
  provider: 'duffel',
  offerId: 'off_1',
  price: { minor: 1, currency: 'GBP' },
  expiresAt: null,
  airline: 'ZZ',
  airlineName: 'Duffel Airways',
  slices: [
    {
      origin: 'LHR',
      destination: 'NRT',
      durationMinutes: 800,
      segments: [
        {
          origin: 'LHR',
          destination: 'NRT',
          departingAtLocal: '2027-03-01T19:00:00',
          arrivingAtLocal: '2027-03-02T16:00:00',
          durationMinutes: 800,
          carrier: 'ZZ',
          carrierName: 'Duffel Airways',
          flightNumber: '1',
          cabin: 'economy',
          stops: 0,
        },
      ],
    },
  ],
  passengers: [],
  checkedBags: 0,
  refundable: null,
  baseMinor: null,
  taxMinor: null,
  ...changes,
});
const passport = (expiresOn: string): IdentityDocument => ({
  type: 'passport',
  number: '533380006',
  issuingCountry: 'GB',
  expiresOn,
});
const NEEDY = offer({ documentsRequired: true, documentTypes: ['tax_id', 'passport'] });

const days = fc.constantFrom('2027-03-01', '2027-03-02', '2027-03-03', '2035-01-01');
const travelers = fc.array(
  fc.option(days, { nil: undefined }).map((day) => ({ identityDocument: day && passport(day) })),
  { minLength: 1, maxLength: 9 },
);

test('an offer that needs documents fits when each passenger has one that outlasts the landing, and only then', () => {
  fc.assert(
    fc.property(travelers, (flying) => {
      const each = flying.every(({ identityDocument }) => (identityDocument?.expiresOn ?? '') > '2027-03-02');
      expect(documentProblem(NEEDY, flying) === null).toBe(each);
      expect(documentProblem(offer({}), flying)).toBeNull();
    }),
  );
});

test('what is missing is counted, and nobody is named', () => {
  const flying = [
    { identityDocument: passport('2027-03-02') },
    {},
    { identityDocument: passport('2035-01-01') },
  ];
  expect(documentProblem(NEEDY, flying)).toBe(
    'needs a passport of each traveller: 1 of 3 travellers have none, 1 of 3 travellers have one that does not outlast the trip',
  );
});

test('an offer whose passengers are not known, or that takes no passports, does not fit', () => {
  expect(documentProblem(NEEDY, undefined)).toMatch(/passport of each/);
  const other = offer({ documentsRequired: true, documentTypes: [] });
  expect(documentProblem(other, [{ identityDocument: passport('2035-01-01') }])).toMatch(
    /other than passports/,
  );
  // As an older version stored it.
  expect(
    documentProblem(offer({ documentsRequired: true }), [{ identityDocument: passport('2035-01-01') }]),
  ).toBeNull();
});
