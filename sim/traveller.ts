import { formatMoney } from '../src/domain/money.ts';
import type { Passenger } from '../src/domain/passenger.ts';
import { byAge, passengerFor, type SearchParams, searchKey } from '../src/domain/search.ts';
import { Refused } from '../src/errors.ts';
import type { PiiCipher } from '../src/services/privacy/pii-cipher.ts';
import { bookByHand } from '../src/services/trips/book-by-hand.ts';
import { cancelTrip } from '../src/services/trips/cancel.ts';
import { changeTrip } from '../src/services/trips/change.ts';
import { releaseTrip } from '../src/services/trips/release.ts';
import { scheduleAirline } from './after-ticket/airline-moves.ts';
import { askAgain, cancelBooking } from './after-ticket/traveller.ts';
import { FAMILIES, type ScenarioPatch } from './breadth.ts';
import { PROMPT } from './confirmation/course.ts';
import { scheduleConfirmations } from './confirmation/traveller.ts';
import type { ScenarioTrip } from './scenario.ts';
import { SCHEDULE, type Simulated } from './simulated.ts';
import { DEPARTURE } from './vendors/vendors.ts';

export const tripId = (index: number): string => `00000000-0000-4000-8000-00000000000${index}`;

/** Which of the scenario's trips this is. */
export const tripIndex = (id: string): number => Number(id.at(-1));

const travelerId = (customer: number, index: number): string =>
  `00000000-0000-4000-9000-0000000000${customer}${index}`;

const familyOf = ({ customer, travelers }: ScenarioTrip): readonly Passenger[] =>
  (FAMILIES[customer] ?? []).slice(0, travelers);

/** Who flies on a trip, as its travellers are stored. */
export function passengersOf({ tables }: Pick<Simulated, 'tables'>, id: string): Passenger[] {
  const { userId, travelerIds } = tables.trip(id);
  return byAge(
    travelerIds.map((travelerId) => {
      const row = tables.travelers.get(travelerId);
      if (row?.userId !== userId) throw new Error('a traveller of somebody else');
      return JSON.parse(row.pii.toString()) as Passenger;
    }),
  );
}

/** What a trip of this breadth asks the sellers for. */
function searchParamsOf(trip: ScenarioTrip): SearchParams {
  const { origin, destination } = trip.route;
  const passengers = familyOf(trip).map(({ bornOn }) => passengerFor(DEPARTURE, bornOn));
  return { origin, destination, departureDate: DEPARTURE, returnDate: null, cabin: 'economy', passengers };
}

/** The traveller's profile: who flies, and the cards that are saved. */
function saveProfile({ tables, vendors }: Simulated, trip: ScenarioTrip): void {
  const { customer, saved } = trip;
  const userId = `user-${customer}`;
  familyOf(trip).forEach((passenger, index) => {
    const pii = Buffer.from(JSON.stringify(passenger));
    tables.travelers.set(travelerId(customer, index), { userId, pii, dataKey: Buffer.alloc(0) });
  });
  if (!saved) return;
  for (const token of ['pm_card_visa', 'pm_card_mastercard', 'pm_card_amex']) {
    const paymentMethodId = savedCard(customer, token);
    tables.cards.set(paymentMethodId, { userId, paymentMethodId });
    vendors.saveCard(paymentMethodId, token, `cus_${customer}`);
  }
}

const savedCard = (customer: number, token: string): string => token.replace('pm_card', `pm_${customer}`);

/** A traveller posts a trip, as services/trips/create.ts does it. @param startedAt when the scenario began */
function postTrip(sim: Simulated, index: number, trip: ScenarioTrip, startedAt: number): void {
  const { tables } = sim;
  const id = tripId(index);
  const { customer, card, saved, route } = trip;
  const userId = `user-${customer}`;
  const searchParams = searchParamsOf(trip);
  const key = searchKey(searchParams);
  saveProfile(sim, trip);
  tables.trips.set(id, {
    id,
    userId,
    status: 'PENDING',
    outcome: { code: 'waiting_for_first_search', message: '' },
    searchKey: key,
    searchParams,
    criteria: trip.criteria,
    mandate: { minor: trip.capMinor * route.minorPerPenny, currency: route.currency },
    autoBook: trip.autoBook,
    selectedOfferId: null,
    nextCheckAt: tables.now(),
    notifiedFare: null,
    watchUntil: startedAt + trip.expiresAt,
    customerId: `cus_${customer}`,
    paymentMethodId: saved ? savedCard(customer, card) : card,
    correlationId: `simulated-${index}`,
    travelerIds: familyOf(trip).map((_, at) => travelerId(customer, at)),
    consent: { given: true },
    createdAt: tables.now(),
    updatedAt: tables.now(),
  });
  tables.audit({ tripId: id, attemptId: null, type: 'trip.created', actor: `user:${userId}` });
  const window = Math.floor(tables.now() / SCHEDULE.freshnessMs);
  tables.enqueue('search', { searchKey: key, window, tripId: id });
  tables.afterCommit();
}

/** A traveller changes a trip of theirs, as the API does it. @returns whether it could be changed */
async function change(
  sim: Simulated,
  id: string,
  trip: ScenarioTrip,
  patch: ScenarioPatch,
): Promise<boolean> {
  const { customer, route } = trip;
  const { capPence, card } = patch;
  const mandate = { minor: (capPence ?? 0) * route.minorPerPenny, currency: route.currency };
  return allowed(() =>
    changeTrip(
      { ...tripDeps(sim), cipher: CIPHER, schedule: SCHEDULE, liveOrders: false },
      requestOf(sim, id),
      {
        ...(capPence !== undefined && { maxPrice: formatMoney(mandate), consent: true }),
        ...(card !== undefined && { paymentMethodId: savedCard(customer, card) }),
        // A customer's trips all have the same day.
        allowDuplicate: true,
      },
    ),
  );
}

/** A traveller books the offer of that place in the newest answer to their search. @returns whether it was begun */
async function bookNow(sim: Simulated, id: string, nth: number): Promise<boolean> {
  const { tables } = sim;
  const answers = [...tables.searches.values()].filter(
    ({ searchKey }) => searchKey === tables.trip(id).searchKey,
  );
  const { offers = [] } = answers.findLast((one) => one.offers.length > 0) ?? {};
  const offer = offers[nth % Math.max(1, offers.length)];
  return (
    offer !== undefined &&
    allowed(() => bookByHand({ ...tripDeps(sim), cipher: CIPHER }, requestOf(sim, id), offer.offerId))
  );
}

/** The simulated travellers' rows hold their words as they are. */
const CIPHER: PiiCipher = {
  createDataKey: () => Buffer.alloc(0),
  encrypt: (_key, _userId, value) => Buffer.from(JSON.stringify(value)),
  decrypt: (_key, _userId, encrypted) => JSON.parse(encrypted.toString()),
};

const tripDeps = ({ tables, trips, flags, time }: Simulated) => ({
  trips,
  flags,
  clock: { now: () => new Date(time.now) },
  afterCommit: () => tables.afterCommit(),
});

function requestOf({ tables }: Simulated, id: string) {
  const { userId, correlationId } = tables.trip(id);
  return { id, userId, correlationId };
}

/** @returns whether it was done; false when the product refused it */
async function allowed(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (error instanceof Refused) return false;
    throw error;
  }
}

/** A traveller cancels a trip of theirs, as the API does it. @returns whether it was not too late */
export async function cancel(sim: Simulated, id: string): Promise<boolean> {
  if (!sim.tables.trips.has(id)) return false;
  return allowed(() => cancelTrip(tripDeps(sim), requestOf(sim, id)));
}

/** A traveller waits no longer for an unknown order, as the API does it. @returns whether one was waited for */
export async function release(sim: Simulated, id: string): Promise<boolean> {
  if (!sim.tables.trips.has(id)) return false;
  return allowed(() => releaseTrip(tripDeps(sim), requestOf(sim, id)));
}

/** How often a traveller who wants to cancel a booking looks whether there is one yet. */
const LOOK_MS = 60_000;

/**
 * Everything that travellers do by themselves.
 * @param startedAt when the scenario began
 * @returns whether a traveller still has something in mind
 */
export function scheduleTravellers(sim: Simulated, startedAt: number): () => boolean {
  const { time, tables, scenario } = sim;
  let undecided = 0;
  scenario.trips.forEach((trip, index) => {
    const id = tripId(index);
    time.after(trip.postedAt, () => postTrip(sim, index, trip, startedAt));
    undecided += trip.patches.length + trip.byHandAt.length;
    for (const patch of trip.patches)
      time.after(Math.max(patch.at, trip.postedAt + 1), async () => {
        const done = await change(sim, id, trip, patch);
        undecided -= 1;
        sim.tell(() => `the traveller changes the trip: ${done ? 'done' : 'refused'}`);
      });
    trip.byHandAt.forEach((at, nth) => {
      time.after(Math.max(at, trip.postedAt + 1), async () => {
        const done = await bookNow(sim, id, trip.handPick + nth);
        undecided -= 1;
        sim.tell(() => `the traveller books by hand: ${done ? 'begun' : 'refused'}`);
      });
    });
    if (trip.cancelAt !== null)
      time.after(trip.cancelAt, async () => {
        const done = await cancel(sim, id);
        sim.tell(() => `the traveller cancels: ${done ? 'done' : 'too late'}`);
      });
    if (trip.releaseAt !== null)
      time.after(trip.releaseAt, async () => {
        if (await release(sim, id)) sim.tell(() => 'the traveller waits no longer for the order');
      });
    const { airline } = trip.after;
    if (airline) {
      undecided += 1;
      time.after(trip.postedAt + 1, () =>
        scheduleAirline(sim, id, airline, () => {
          undecided -= 1;
        }),
      );
    }
    if (trip.cancelBookingAt === null) return;
    undecided += 1;
    const decide = async (): Promise<void> => {
      const moving =
        tables.trips.get(id)?.status === 'PENDING' || tables.liveAttempt(id)?.status === 'PENDING';
      if (!tables.bookings.has(id) && (moving || !tables.trips.has(id)))
        return void time.after(LOOK_MS, decide);
      const done = await cancelBooking(sim, id);
      sim.tell(() => `the traveller cancels the booking: ${done ? 'requested' : 'nothing to cancel'}`);
      askAgain(sim, id, () => {
        undecided -= 1;
      });
    };
    time.after(trip.cancelBookingAt, decide);
  });
  const confirming = scheduleConfirmations(sim, (id) => scenario.trips[tripIndex(id)]?.bank ?? PROMPT);
  return () => undecided > 0 || confirming();
}
