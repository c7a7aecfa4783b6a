import { listBookings, readBooking, requestCancellation } from '../../services/bookings.ts';
import type { Storage } from '../../services/deps.ts';
import { defineRoute, type Route } from '../route.ts';
import { booking, idParam, pageOf, pageQuery, toPage } from '../schemas.ts';

const tag = 'Bookings';

/** Tickets bought. */
export const bookingRoutes = (deps: Storage): Route[] => [
  defineRoute({
    method: 'get',
    path: '/api/bookings',
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
    method: 'post',
    path: '/api/bookings/{id}/cancel',
    tag,
    summary: 'Cancel a booking, as its fare allows',
    params: idParam,
    answers: { 202: { description: 'Being cancelled; a mail says what came of it', schema: booking } },
    handle: async ({ user, params, correlationId }) => ({
      status: 202,
      body: await requestCancellation(deps, user.userId, params.id, correlationId),
    }),
  }),
];
