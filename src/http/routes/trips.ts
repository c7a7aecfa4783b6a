import { z } from 'zod';
import type { EventTickets } from '../../ports/event-tickets.ts';
import { type ReceiptDeps, readReceipt } from '../../services/evidence/receipt.ts';
import { bookByHand } from '../../services/trips/book-by-hand.ts';
import { cancelTrip } from '../../services/trips/cancel.ts';
import { changeTrip } from '../../services/trips/change.ts';
import {
  type ConfirmPaymentDeps,
  reportPaymentConfirmed,
  startPaymentConfirmation,
} from '../../services/trips/confirm-payment.ts';
import { createTrip } from '../../services/trips/create.ts';
import type { TripDeps } from '../../services/trips/deps.ts';
import {
  listTrips,
  readOffers,
  readTimeline,
  readTrip,
  readTripBooking,
  type TripReadDeps,
} from '../../services/trips/read.ts';
import { releaseTrip } from '../../services/trips/release.ts';
import { type StreamDeps, streamEvents } from '../events.ts';
import { whileAvailable } from '../middleware/event-ticket.ts';
import { defineRoute, type Route } from '../route.ts';
import { booking } from '../schemas/booking.ts';
import { offer } from '../schemas/offer.ts';
import { pageOf, toPage } from '../schemas/page.ts';
import { paymentConfirmation } from '../schemas/payment-confirmation.ts';
import { receipt } from '../schemas/receipt.ts';
import { eventTicket, timelineEntry, trip } from '../schemas/trip.ts';
import { tripChange, tripInput, tripRelease } from '../schemas/trip-input.ts';
import { tripQuery } from '../schemas/trip-query.ts';
import { idParam } from '../schemas/values.ts';

const tag = 'Trips';
const oneTrip = { description: 'The trip', schema: trip };

/** Trips: what is watched, what it may cost, and what came of it. */
export const tripRoutes = (
  deps: TripDeps &
    TripReadDeps &
    ReceiptDeps &
    ConfirmPaymentDeps &
    StreamDeps & { readonly eventTickets: EventTickets },
): Route[] => [
  defineRoute({
    method: 'post',
    path: '/api/trips',
    operationId: 'createTrip',
    tag,
    summary: 'Ask for a trip to be watched, and bought if autoBook is on',
    body: tripInput,
    creates: true,
    answers: { 202: { description: 'Taken; the first search follows at once', schema: trip } },
    handle: async ({ user, newId, body, correlationId }) => {
      const made = await createTrip(deps, { id: newId, userId: user.userId, input: body, correlationId });
      return { status: 202, body: made, headers: { Location: `/api/trips/${made.id}` } };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/api/trips',
    operationId: 'listTrips',
    tag,
    summary: 'Your trips, newest first or as sorted, each with its booking',
    query: tripQuery,
    answers: { 200: { description: 'A page of trips', schema: pageOf(trip) } },
    handle: async ({ user, query: { limit, sort, cursor, status: statuses, ...filter } }) => {
      const asked = { limit, sort, after: cursor ?? null, filter: { ...filter, statuses } };
      const rows = await listTrips(deps, user.userId, asked);
      return { status: 200, body: toPage(rows, limit, sort) };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/api/trips/{id}',
    operationId: 'getTrip',
    tag,
    summary: 'One trip',
    params: idParam,
    answers: { 200: oneTrip },
    handle: async ({ user, params }) => ({ status: 200, body: await readTrip(deps, user.userId, params.id) }),
  }),
  defineRoute({
    method: 'patch',
    path: '/api/trips/{id}',
    operationId: 'updateTrip',
    conflicts: true,
    tag,
    summary: 'Change a watched trip, or bring a failed one back',
    description:
      'What is absent stays. `criteria` are merged (RFC 7396): null removes one. The trip is checked like a new one and searched at once.',
    params: idParam,
    body: tripChange,
    answers: { 200: oneTrip },
    handle: async ({ user, params, body, correlationId }) => {
      const request = { id: params.id, userId: user.userId, correlationId };
      return { status: 200, body: await changeTrip(deps, request, body) };
    },
  }),
  defineRoute({
    method: 'post',
    path: '/api/trips/{id}/cancel',
    operationId: 'cancelTrip',
    conflicts: true,
    tag,
    summary: 'Cancel a trip; 409 once an order may be in flight',
    params: idParam,
    answers: { 200: oneTrip },
    handle: async ({ user, params, correlationId }) => {
      const request = { id: params.id, userId: user.userId, correlationId };
      return { status: 200, body: await cancelTrip(deps, request) };
    },
  }),
  defineRoute({
    method: 'post',
    path: '/api/trips/{id}/release',
    operationId: 'releaseTrip',
    conflicts: true,
    tag,
    summary:
      'Wait no longer for an airline that has not said whether it made the ticket; 409 when nothing is waited for',
    params: idParam,
    body: tripRelease,
    answers: { 202: { description: 'Looked up once more, then the money is released', schema: trip } },
    handle: async ({ user, params, correlationId }) => {
      const request = { id: params.id, userId: user.userId, correlationId };
      return { status: 202, body: await releaseTrip(deps, request) };
    },
  }),
  defineRoute({
    method: 'post',
    path: '/api/trips/{id}/confirm-payment',
    operationId: 'startPaymentConfirmation',
    conflicts: true,
    tag,
    summary:
      'What Stripe.js needs to confirm the payment that the bank asked about; 409 when none waits. The page /trips/{id}/confirm-payment uses it',
    params: idParam,
    answers: {
      200: {
        description: 'For confirmCardPayment(clientSecret, {payment_method: paymentMethodId})',
        schema: paymentConfirmation,
      },
    },
    cost: 'vendor',
    handle: async ({ user, params, correlationId }) => {
      const request = { id: params.id, userId: user.userId, correlationId };
      return { status: 200, body: await startPaymentConfirmation(deps, request) };
    },
  }),
  defineRoute({
    method: 'post',
    path: '/api/trips/{id}/payment-confirmed',
    operationId: 'reportPaymentConfirmed',
    tag,
    summary: 'The browser has confirmed the payment: look it up now. Whatever is said here, the bank decides',
    params: idParam,
    answers: { 202: { description: 'Being looked up; the booking goes on by itself', schema: trip } },
    handle: async ({ user, params, correlationId }) => {
      const request = { id: params.id, userId: user.userId, correlationId };
      return { status: 202, body: await reportPaymentConfirmed(deps, request) };
    },
  }),
  defineRoute({
    method: 'post',
    path: '/api/trips/{id}/book',
    operationId: 'bookTrip',
    tag,
    summary: 'Book one of the offers found, within the same cap',
    params: idParam,
    body: z.strictObject({ offerId: z.string().min(1).max(100) }),
    creates: true,
    answers: { 202: { description: 'Being booked', schema: trip } },
    handle: async ({ user, params, body, correlationId }) => {
      const request = { id: params.id, userId: user.userId, correlationId };
      return { status: 202, body: await bookByHand(deps, request, body.offerId) };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/api/trips/{id}/offers',
    operationId: 'listTripOffers',
    tag,
    summary: 'The offers of the latest search, with what stands against each',
    params: idParam,
    answers: { 200: { description: 'Offers, cheapest first', schema: pageOf(offer) } },
    handle: async ({ user, params }) => ({
      status: 200,
      body: { data: await readOffers(deps, user.userId, params.id), nextCursor: null },
    }),
  }),
  defineRoute({
    method: 'get',
    path: '/api/trips/{id}/timeline',
    operationId: 'getTripTimeline',
    tag,
    summary: 'Everything that happened, in order',
    params: idParam,
    answers: { 200: { description: 'The timeline', schema: pageOf(timelineEntry) } },
    handle: async ({ user, params }) => ({
      status: 200,
      body: { data: await readTimeline(deps, user.userId, params.id), nextCursor: null },
    }),
  }),
  defineRoute({
    method: 'get',
    path: '/api/trips/{id}/booking',
    operationId: 'getTripBooking',
    tag,
    summary: 'The booking this trip became',
    params: idParam,
    answers: { 200: { description: 'The booking', schema: booking } },
    handle: async ({ user, params }) => ({
      status: 200,
      body: await readTripBooking(deps, user.userId, params.id),
    }),
  }),
  defineRoute({
    method: 'get',
    path: '/api/trips/{id}/receipt',
    operationId: 'getTripReceipt',
    tag,
    summary: 'Every offer considered and why it was or was not taken; where the money is, and since when',
    params: idParam,
    answers: { 200: { description: 'The decision receipt', schema: receipt } },
    cost: 'vendor',
    handle: async ({ user, params }) => ({
      status: 200,
      body: await readReceipt(deps, user.userId, params.id),
    }),
  }),
  defineRoute({
    method: 'get',
    path: '/api/trips/{id}/events',
    operationId: 'streamTripEvents',
    ticket: true,
    description:
      'Each event has the id and the type of a timeline entry; its data is the entry. The stream ends with the token that opened it.',
    query: z.object({
      ticket: z.string().max(100).optional().meta({ description: 'In place of the Authorization header.' }),
      lastEventId: z.string().max(20).optional().meta({ description: 'As the header Last-Event-ID.' }),
    }),
    tag,
    summary: 'The timeline as it happens, as Server-Sent Events',
    params: idParam,
    answers: {
      200: {
        description: 'One event per timeline entry',
        schema: z.string(),
        contentType: 'text/event-stream',
      },
    },
    cost: 'stream',
    handle: async ({ user, params, query, req, res }) => {
      await streamEvents(deps, { user, tripId: params.id, lastId: query.lastEventId, req, res });
      return undefined;
    },
  }),
  defineRoute({
    method: 'post',
    path: '/api/trips/{id}/events/ticket',
    operationId: 'createEventTicket',
    tag,
    summary: "A ticket for the stream of events, for a browser's EventSource",
    description:
      'Open the stream as `/api/trips/{id}/events?ticket=…`. A ticket is for one stream of this trip: it is used once, within half a minute. The stream ends with the token; get another ticket then, and go on with `lastEventId`.',
    params: idParam,
    answers: { 201: { description: 'The ticket', schema: eventTicket } },
    handle: async ({ user, params }) => {
      await readTrip(deps, user.userId, params.id);
      const asked = { userId: user.userId, tripId: params.id, tokenExpiresAt: user.expiresAt };
      const { ticket, expiresAt } = await whileAvailable(() => deps.eventTickets.issue(asked));
      return { status: 201, body: { ticket, expiresAt: expiresAt.toISOString() } };
    },
  }),
];
