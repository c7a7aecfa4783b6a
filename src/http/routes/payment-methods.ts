import { z } from 'zod';
import {
  addPaymentMethod,
  deletePaymentMethod,
  listPaymentMethods,
  type PaymentMethodDeps,
  startCardSetup,
} from '../../services/profile/payment-methods.ts';
import { defineRoute, type Route } from '../route.ts';
import { pageOf } from '../schemas/page.ts';
import { paymentMethod } from '../schemas/payment-method.ts';
import { idParam } from '../schemas/values.ts';

/** Cards. The browser gives their numbers to Stripe; we receive and store Stripe's id alone. */
export const paymentMethodRoutes = (deps: PaymentMethodDeps): Route[] => [
  defineRoute({
    method: 'post',
    path: '/api/payment-methods/setup',
    operationId: 'startCardSetup',
    tag: 'Payment methods',
    summary: 'Begin to save a card in the browser',
    answers: { 200: { description: 'What Stripe.js needs', schema: z.object({ clientSecret: z.string() }) } },
    cost: 'vendor',
    handle: async ({ user }) => ({ status: 200, body: await startCardSetup(deps, user.userId) }),
  }),
  defineRoute({
    method: 'post',
    path: '/api/payment-methods',
    operationId: 'addPaymentMethod',
    tag: 'Payment methods',
    summary: 'Keep a card that Stripe saved',
    body: z.strictObject({
      paymentMethodId: z.string().regex(/^pm_\w{1,100}$/, 'must be a Stripe payment method id'),
    }),
    creates: true,
    answers: { 201: { description: 'The card', schema: paymentMethod } },
    cost: 'vendor',
    handle: async ({ user, newId, body }) => ({
      status: 201,
      body: await addPaymentMethod(deps, user.userId, newId, body.paymentMethodId),
    }),
  }),
  defineRoute({
    method: 'get',
    path: '/api/payment-methods',
    operationId: 'listPaymentMethods',
    tag: 'Payment methods',
    summary: 'Your cards, newest first',
    answers: { 200: { description: 'Your cards', schema: pageOf(paymentMethod) } },
    handle: async ({ user }) => ({
      status: 200,
      body: { data: await listPaymentMethods(deps, user.userId), nextCursor: null },
    }),
  }),
  defineRoute({
    method: 'delete',
    path: '/api/payment-methods/{id}',
    operationId: 'deletePaymentMethod',
    conflicts: true,
    tag: 'Payment methods',
    summary: 'Forget a card; 409 while a trip is paid with it or buys by itself with it',
    params: idParam,
    answers: { 204: { description: 'Forgotten' } },
    cost: 'vendor',
    handle: async ({ user, params }) => {
      await deletePaymentMethod(deps, user.userId, params.id);
      return { status: 204 };
    },
  }),
];
