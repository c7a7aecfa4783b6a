import { z } from 'zod';
import { type AirlineChange, CHANGE_ACTIONS, CHANGE_DECISIONS } from '../../domain/airline-change.ts';
import type { Slice } from '../../domain/offer.ts';
import { optionalList } from '../lenient.ts';
import { sliceSchema, toSlice } from './normalise-slice.ts';

/** Slices that can't all be read are none: half an itinerary would be a wrong one. */
const slices = z.array(sliceSchema).catch([]);
const changeSchema = z.object({
  id: z.string(),
  added: slices,
  removed: slices,
  available_actions: optionalList(z.enum(CHANGE_ACTIONS)),
  travel_agent_ticket: z.object({ id: z.string() }).nullable().catch(null),
  action_taken: z.enum(CHANGE_DECISIONS).nullable().catch(null),
});

/** An order's own changes, oldest first. Source: Duffel, "Airline-initiated changes". */
export const changesSchema = optionalList(changeSchema);

/** A change as the order shows it. */
export const toChange = (change: z.infer<typeof changeSchema>): AirlineChange => ({
  changeId: change.id,
  before: change.removed.map(toSlice),
  after: change.added.map(toSlice),
  actions: change.available_actions,
  decision: change.action_taken,
  pending: change.action_taken === null && change.travel_agent_ticket !== null,
});

/** The flights of an order; null when they can't all be read. */
export function readSlices(raw: unknown): readonly Slice[] | null {
  const parsed = z.array(sliceSchema).safeParse(raw);
  return parsed.success ? parsed.data.map(toSlice) : null;
}
