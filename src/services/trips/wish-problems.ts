import { airport, localTime } from '../../domain/airports.ts';
import { leastFlightMinutes } from '../../domain/flight-time.ts';
import type { FieldProblem } from '../../errors.ts';
import type { TripInput } from './input.ts';

/** Wishes that no flight can meet, each with the fields that contradict each other. */
export function wishProblems(input: TripInput, now: Date): FieldProblem[] {
  return [...timesOfDay(input), ...passedToday(input, now), ...tooShort(input)];
}

function timesOfDay({ criteria = {} }: TripInput): FieldProblem[] {
  const { departAfter, departBefore } = criteria;
  if (!departAfter || !departBefore || departAfter <= departBefore) return [];
  const message = `no departure is after ${departAfter} and before ${departBefore}`;
  return [
    { field: 'criteria.departAfter', code: 'contradictory', message },
    { field: 'criteria.departBefore', code: 'contradictory', message },
  ];
}

function passedToday({ origin, departureDate, criteria = {} }: TripInput, now: Date): FieldProblem[] {
  const { departBefore } = criteria;
  const [today, time] = localTime(origin, now);
  if (!departBefore || departureDate !== today || departBefore >= time) return [];
  const message = `it is ${time} already at ${origin}, and the departure is wished before ${departBefore} today`;
  return [
    { field: 'departureDate', code: 'contradictory', message },
    { field: 'criteria.departBefore', code: 'contradictory', message },
  ];
}

function tooShort({ origin, destination, criteria = {} }: TripInput): FieldProblem[] {
  const { maxDurationMinutes } = criteria;
  const [from, to] = [airport(origin), airport(destination)];
  if (maxDurationMinutes === undefined || !from || !to) return [];
  const least = leastFlightMinutes(from, to);
  if (maxDurationMinutes >= least) return [];
  const message = `no flight from ${origin} to ${destination} takes under ${least} minutes`;
  return [{ field: 'criteria.maxDurationMinutes', code: 'impossible', message }];
}
