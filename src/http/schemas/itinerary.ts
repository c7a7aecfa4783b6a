import { z } from 'zod';
import { iata } from './values.ts';

const segment = z.object({
  origin: iata,
  destination: iata,
  departingAtLocal: z.string(),
  arrivingAtLocal: z.string(),
  durationMinutes: z.int(),
  carrier: z.string(),
  carrierName: z.string(),
  flightNumber: z.string(),
  cabin: z.string(),
  stops: z.int(),
  departingZone: z.string().optional(),
  arrivingZone: z.string().optional(),
  operatedBy: z.string().optional().describe('Who flies, where it is not the airline that sells.'),
  departureTerminal: z.string().optional(),
  arrivalTerminal: z.string().optional(),
  aircraft: z.string().optional(),
});
export const itinerary = z.array(
  z.object({ origin: iata, destination: iata, durationMinutes: z.int(), segments: z.array(segment) }),
);
