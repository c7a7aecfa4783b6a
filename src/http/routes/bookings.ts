import { type BookingReadDeps, listBookings, readBooking } from '../../services/bookings/read.ts';
import { type CancellationReadDeps, readCancellation } from '../../services/cancelling/read-cancellation.ts';
import { type CancellationRequestDeps, requestCancellation } from '../../services/cancelling/request.ts';
import { readChange, requestAcceptance } from '../../services/orders/request-acceptance.ts';
import { defineRoute, type Route } from '../route.ts';
import { booking } from '../schemas/booking.ts';
import { cancellationQuote, cancellationRequest } from '../schemas/cancellation.ts';
import { change, changeParams } from '../schemas/change.ts';
import { pageOf, pageQuery, toPage } from '../schemas/page.ts';
import { idParam } from '../schemas/values.ts';

const tag = 'Bookings';

/** Tickets that were bought. */
export const bookingRoutes = (
  deps: BookingReadDeps & CancellationRequestDeps & CancellationReadDeps,
): Route[] => [
  defineRoute({
    method: 'get',
    path: '/api/bookings',
    operationId: 'listBookings',
    tag,
    summary: 'Your bookings, newest first',
    query: pageQuery,
    answers: { 200: { description: 'A page of bookings', schema: pageOf(booking) } },
    handle: async ({ user, query: { limit, cursor } }) => {
      const rows = await listBookings(deps, user.userId, { limit, after: cursor ?? null });
      return { status: 200, body: toPage(rows, limit) };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/api/bookings/{id}',
    operationId: 'getBooking',
    tag,
    summary: 'One booking',
    params: idParam,
    answers: { 200: { description: 'The booking', schema: booking } },
    handle: async ({ user, params }) => ({
      status: 200,
      body: await readBooking(deps, user.userId, params.id),
    }),
  }),
  defineRoute({
    method: 'get',
    path: '/api/bookings/{id}/changes/{changeId}',
    operationId: 'getAirlineChange',
    tag,
    summary: 'A change that the airline made of its own accord: old and new flights, and what may be done',
    params: changeParams,
    answers: { 200: { description: 'The change', schema: change } },
    handle: async ({ user, params: { id: bookingId, changeId } }) => ({
      status: 200,
      body: await readChange(deps, { userId: user.userId, bookingId, changeId }),
    }),
  }),
  defineRoute({
    method: 'post',
    path: '/api/bookings/{id}/changes/{changeId}/accept',
    operationId: 'acceptAirlineChange',
    conflicts: true,
    tag,
    summary: 'Accept a change that the airline made; asked again it is the same request',
    params: changeParams,
    answers: {
      202: { description: 'The airline is asked; the change says when it is accepted', schema: change },
    },
    handle: async ({ user, params: { id: bookingId, changeId }, correlationId }) => ({
      status: 202,
      body: await requestAcceptance(deps, { userId: user.userId, bookingId, changeId, correlationId }),
    }),
  }),
  defineRoute({
    method: 'get',
    path: '/api/bookings/{id}/cancellation',
    operationId: 'getBookingCancellation',
    tag,
    summary:
      'What cancelling a booking would give back, before anything is confirmed; or how its cancellation stands',
    params: idParam,
    answers: { 200: { description: 'The quote, or the cancellation', schema: cancellationQuote } },
    cost: 'vendor',
    handle: async ({ user, params }) => ({
      status: 200,
      body: await readCancellation(deps, user.userId, params.id),
    }),
  }),
  defineRoute({
    method: 'post',
    path: '/api/bookings/{id}/cancel',
    operationId: 'cancelBooking',
    conflicts: true,
    tag,
    summary:
      'Cancel a booking, as its fare allows. With `acceptRefund` nothing is cancelled when the airline gives less back by then',
    params: idParam,
    body: cancellationRequest,
    answers: { 202: { description: 'Being cancelled; a mail says what came of it', schema: booking } },
    handle: async ({ user, params, body, correlationId }) => ({
      status: 202,
      body: await requestCancellation(deps, {
        userId: user.userId,
        id: params.id,
        correlationId,
        acceptRefund: body.acceptRefund ?? null,
      }),
    }),
  }),
];
