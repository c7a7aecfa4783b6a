import { expect, test } from 'vitest';
import { placeProblems } from '../../src/services/trips/field-problems.ts';

const problems = (origin: string, destination: string, withinCity = false) =>
  placeProblems({ origin, destination }, { withinCity });

test('a city is refused with its airports named', () => {
  expect(problems('LON', 'JFK')).toEqual([
    {
      field: 'origin',
      code: 'unknown_place',
      message: 'is the city of London: name one of its airports, LHR, LGW, STN, LTN, LCY, SEN',
    },
  ]);
  expect(problems('LHR', 'BHZ')[0]?.message).toBe(
    'is the city of Belo Horizonte: name one of its airports, CNF',
  );
});

test('a code that is a city and an airport means the airport', () => {
  expect(problems('BER', 'HOU')).toEqual([]);
});

test('a trip within one city is refused, but for the routes that a seller answers in test mode', () => {
  expect(problems('LHR', 'LGW')).toEqual([
    {
      field: 'destination',
      code: 'same_place',
      message: expect.stringMatching(/is in London, as the origin is/),
    },
  ]);
  expect(problems('LHR', 'LGW', true)).toEqual([]);
  expect(problems('LHR', 'LHR')).toEqual([
    { field: 'destination', code: 'same_place', message: 'must differ from the origin' },
  ]);
});
