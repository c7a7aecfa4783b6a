import {
  changeTraveler,
  createTraveler,
  deleteTraveler,
  listTravelers,
  readTraveler,
  type TravelerDeps,
} from '../../services/profile/travelers.ts';
import { defineRoute, type Route } from '../route.ts';
import { pageOf, pageQuery, toPage } from '../schemas/page.ts';
import { traveler, travelerChange, travelerInput } from '../schemas/traveler.ts';
import { idParam } from '../schemas/values.ts';

/** Travellers: who flies. */
export const travelerRoutes = (deps: TravelerDeps): Route[] => [
  defineRoute({
    method: 'post',
    path: '/api/travelers',
    operationId: 'createTraveler',
    tag: 'Travellers',
    summary: 'Add a traveller',
    body: travelerInput,
    creates: true,
    answers: { 201: { description: 'The traveller', schema: traveler } },
    handle: async ({ user, newId, body }) => {
      const made = await createTraveler(deps, user.userId, newId, body);
      return { status: 201, body: made, headers: { Location: `/api/travelers/${made.id}` } };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/api/travelers',
    operationId: 'listTravelers',
    tag: 'Travellers',
    summary: 'Your travellers, newest first',
    query: pageQuery,
    answers: { 200: { description: 'A page of travellers', schema: pageOf(traveler) } },
    handle: async ({ user, query: { limit, cursor } }) => {
      const rows = await listTravelers(deps, user.userId, { limit, after: cursor ?? null });
      return { status: 200, body: toPage(rows, limit) };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/api/travelers/{id}',
    operationId: 'getTraveler',
    tag: 'Travellers',
    summary: 'One traveller',
    params: idParam,
    answers: { 200: { description: 'The traveller', schema: traveler } },
    handle: async ({ user, params }) => ({
      status: 200,
      body: await readTraveler(deps, user.userId, params.id),
    }),
  }),
  defineRoute({
    method: 'patch',
    path: '/api/travelers/{id}',
    operationId: 'changeTraveler',
    conflicts: true,
    tag: 'Travellers',
    summary: 'Correct a traveller, or add a passport or loyalty accounts',
    params: idParam,
    body: travelerChange,
    answers: { 200: { description: 'The traveller', schema: traveler } },
    handle: async ({ user, params, body }) => ({
      status: 200,
      body: await changeTraveler(deps, user.userId, params.id, body),
    }),
  }),
  defineRoute({
    method: 'delete',
    path: '/api/travelers/{id}',
    operationId: 'deleteTraveler',
    conflicts: true,
    tag: 'Travellers',
    summary: 'Forget a traveller',
    params: idParam,
    answers: { 204: { description: 'Forgotten' } },
    handle: async ({ user, params }) => {
      await deleteTraveler(deps, user.userId, params.id);
      return { status: 204 };
    },
  }),
];
