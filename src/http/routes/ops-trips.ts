import { z } from 'zod';
import { type OpsTripDeps, readOpsTrip } from '../../services/ops-trips/read.ts';
import type { TripVendors } from '../../services/ops-trips/vendor-truth.ts';
import { defineRoute, type Route } from '../route.ts';
import { opsTrip } from '../schemas/ops-trip.ts';

/** Longer than every id that names a trip. */
const params = z.object({ ref: z.string().regex(/^[\w.:-]{1,128}$/) });

/** Any trip, by whatever names it: what `npx parker trip` prints. */
export const opsTripRoutes = ({
  flights,
  payments,
  ...deps
}: Omit<OpsTripDeps, 'vendors'> & TripVendors): Route[] => [
  defineRoute({
    method: 'get',
    path: '/api/ops/trips/{ref}',
    operationId: 'getAnyTrip',
    tag: 'Ops',
    summary: 'Any trip by what names it: story, money by the vendors’ truth, what happens next',
    description:
      '`ref` is the id of a trip, an attempt, a booking or a cancellation, a booking reference, the vendor’s id of an order or a payment, or the correlation id of the request that made the trip, an attempt or a cancellation. 409: it names several trips, which `detail` lists.',
    conflicts: true,
    roles: ['viewer', 'operator', 'admin'],
    params,
    answers: { 200: { description: 'The trip', schema: opsTrip } },
    cost: 'vendor',
    handle: async ({ params: { ref } }) => ({
      status: 200,
      body: await readOpsTrip({ ...deps, vendors: { flights, payments } }, ref),
    }),
  }),
];
