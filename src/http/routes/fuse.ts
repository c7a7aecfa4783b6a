import { z } from 'zod';
import type { FuseStore, FuseView } from '../../ports/storage/fuse.ts';
import { blowByHand, rearm } from '../../services/fuse/operate.ts';
import { defineRoute, type Route } from '../route.ts';

const tag = 'Ops';
const fuse = z
  .object({
    state: z.enum(['armed', 'blown']),
    reason: z.string().nullable(),
    blownAt: z.string().nullable(),
    rearmAskedBy: z.string().nullable(),
  })
  .meta({ id: 'Fuse' });
const shown = ({ blownAt, ...view }: FuseView) => ({ ...view, blownAt: blownAt?.toISOString() ?? null });
const answers = { 200: { description: 'How the fuse stands', schema: fuse } };

/** The fuse that stops new bookings by itself: one person may blow it, two must arm it again. */
export const fuseRoutes = ({ fuseStore }: { readonly fuseStore: FuseStore }): Route[] => [
  defineRoute({
    method: 'get',
    path: '/api/ops/fuse',
    operationId: 'getFuse',
    tag,
    summary: 'Whether new bookings may begin',
    roles: ['viewer', 'operator', 'admin'],
    answers,
    handle: async () => ({ status: 200, body: shown(await fuseStore.read()) }),
  }),
  defineRoute({
    method: 'post',
    path: '/api/ops/fuse/blow',
    operationId: 'blowFuse',
    tag,
    summary: 'Stop all new bookings',
    roles: ['operator', 'admin'],
    answers,
    handle: async ({ user }) => ({
      status: 200,
      body: shown(await blowByHand(fuseStore, { who: user.userId, proven: true })),
    }),
  }),
  defineRoute({
    method: 'post',
    path: '/api/ops/fuse/rearm',
    operationId: 'rearmFuse',
    conflicts: true,
    tag,
    summary: 'Ask that bookings may begin again, or confirm it as a second person',
    roles: ['operator', 'admin'],
    answers,
    handle: async ({ user }) => ({ status: 200, body: shown(await rearm(fuseStore, user.userId)) }),
  }),
];
