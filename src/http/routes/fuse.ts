import { z } from 'zod';
import type { Storage } from '../../services/deps.ts';
import { blowByHand, type FuseView, readFuse, rearm } from '../../services/fuse.ts';
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
export const fuseRoutes = (deps: Storage): Route[] => [
  defineRoute({
    method: 'get',
    path: '/api/ops/fuse',
    tag,
    summary: 'Whether new bookings may begin',
    roles: ['viewer', 'operator', 'admin'],
    answers,
    handle: async () => ({ status: 200, body: shown(await readFuse(deps)) }),
  }),
  defineRoute({
    method: 'post',
    path: '/api/ops/fuse/blow',
    tag,
    summary: 'Stop all new bookings',
    roles: ['operator', 'admin'],
    answers,
    handle: async ({ user }) => ({ status: 200, body: shown(await blowByHand(deps, user.userId)) }),
  }),
  defineRoute({
    method: 'post',
    path: '/api/ops/fuse/rearm',
    tag,
    summary: 'Ask that bookings may begin again, or confirm it as a second person',
    roles: ['operator', 'admin'],
    answers,
    handle: async ({ user }) => ({ status: 200, body: shown(await rearm(deps, user.userId)) }),
  }),
];
