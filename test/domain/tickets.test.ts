import { expect, test } from 'vitest';
import { ticketsOfTravellers } from '../../src/domain/attempt.ts';

const PASSENGERS = [{ id: 'pas_ada' }, { id: 'pas_byron' }];

test('tickets stand in the order of the travellers, whatever order the seller names its passengers in', () => {
  const facts = { ticketNumbers: ['2', '1'], passengerIds: ['pas_byron', 'pas_ada'] };
  expect(ticketsOfTravellers(facts, PASSENGERS)).toEqual(['1', '2']);
});

test('tickets whose passengers are not told, or are others than the offer has, stay as they came', () => {
  expect(ticketsOfTravellers({ ticketNumbers: ['2', '1'] }, PASSENGERS)).toEqual(['2', '1']);
  const others = { ticketNumbers: ['2', '1'], passengerIds: ['pas_byron', 'pas_carl'] };
  expect(ticketsOfTravellers(others, PASSENGERS)).toEqual(['2', '1']);
});
