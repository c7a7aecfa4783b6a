import express, { type Request, Router } from 'express';
import type { Faults } from '../faults.ts';
import { type Effect, operation, type Reply } from '../operation.ts';
import type { Webhooks } from '../webhooks.ts';
import { newId, type World } from '../world.ts';
import { checkPayer, fromBrowsers } from './browser.ts';
import { missing, problem, refuse } from './errors.ts';
import { Idempotency } from './idempotency.ts';
import { checkMethodTypes, checkUsable } from './intent-rules.ts';
import { checkMetadata } from './metadata.ts';
import { pageOf } from './page.ts';
import { Payments } from './payments.ts';
import type { PaymentIntent } from './types.ts';

interface Customer {
  id: string;
  object: 'customer';
  email: string | null;
  metadata: Record<string, string>;
  created: number;
  deleted?: true;
}

export interface Stripe {
  router: Router;
  payments: Payments;
  customers: Map<string, Customer>;
}

/** Stripe's API as far as a booking engine meets it: customers, cards, intents with manual capture, refunds. */
export function stripe(world: World, faults: Faults, webhooks: Webhooks): Stripe {
  const payments = new Payments(world, webhooks);
  const customers = new Map<string, Customer>();
  const setups = new Map<string, Record<string, unknown>>();
  const idempotency = new Idempotency(() => world.now());
  const guarded = operation(world, faults, (req, reply) => idempotency.keepInjected(req, reply));
  const op = (target: string, effect: Effect) => guarded(target, idempotency.guard(effect));
  const router = Router();
  router.use(express.urlencoded({ extended: true, limit: '1mb' }));
  router.use(fromBrowsers(payments), (req, res, next) => {
    if (/^Bearer (sk|rk)_(test|live)_/.test(req.get('authorization') ?? '')) return next();
    const { status, body } = problem(401, {
      type: 'invalid_request_error',
      message: 'Invalid API Key provided.',
    });
    res.status(status).json(body);
  });

  router.post(
    '/customers',
    op('stripe.customers.create', (req) => {
      const made: Customer = {
        id: newId('cus'),
        object: 'customer',
        email: req.body.email ?? null,
        metadata: checkMetadata(req.body.metadata),
        created: payments.unix(),
      };
      customers.set(made.id, made);
      return ok(made);
    }),
  );
  router.get(
    '/customers/:id',
    op('stripe.customers.retrieve', (req) => ok(customers.get(id(req)) ?? missing('customer', id(req)))),
  );
  router.delete(
    '/customers/:id',
    op('stripe.customers.delete', (req) => {
      customers.delete(id(req));
      return ok({ id: id(req), object: 'customer', deleted: true });
    }),
  );

  router.get(
    '/payment_methods/:id',
    op('stripe.payment_methods.retrieve', (req) => ok(shown(payments.method(id(req))))),
  );
  router.get(
    '/payment_methods',
    op('stripe.payment_methods.list', (req) => {
      const { customer } = req.query;
      const own = [...payments.methods.values()].filter((method) => method.customer === customer);
      return list(own.map(shown), '/v1/payment_methods');
    }),
  );
  router.post(
    '/payment_methods/:id/attach',
    op('stripe.payment_methods.attach', (req) => {
      const customer = String(req.body.customer);
      if (!customers.has(customer)) missing('customer', customer);
      const method = payments.method(id(req));
      if (method.customer)
        refuse(400, {
          type: 'invalid_request_error',
          message: 'The payment method you provided has already been attached to a customer.',
        });
      checkUsable(method, customer);
      method.customer = customer;
      return ok(shown(method));
    }),
  );
  router.post(
    '/payment_methods/:id/detach',
    op('stripe.payment_methods.detach', (req) => {
      const method = payments.method(id(req));
      if (!method.customer)
        refuse(400, {
          type: 'invalid_request_error',
          message:
            'The payment method you provided is not attached to a customer so detachment is impossible.',
        });
      Object.assign(method, { customer: null, detached: true });
      return ok(shown(method));
    }),
  );

  router.post(
    '/setup_intents',
    op('stripe.setup_intents.create', (req) => {
      checkMethodTypes(req.body);
      checkMetadata(req.body.metadata);
      const made = {
        id: newId('seti'),
        object: 'setup_intent',
        client_secret: `${newId('seti')}_secret_${newId('s')}`,
        customer: req.body.customer ?? null,
        usage: req.body.usage ?? 'off_session',
        status: 'requires_payment_method',
        payment_method: null as string | null,
        created: payments.unix(),
      };
      setups.set(made.id, made);
      return ok(made);
    }),
  );
  router.get(
    '/setup_intents/:id',
    op('stripe.setup_intents.retrieve', (req) => ok(setups.get(id(req)) ?? missing('setup_intent', id(req)))),
  );
  router.post(
    '/setup_intents/:id/confirm',
    op('stripe.setup_intents.confirm', (req) => {
      const setup = setups.get(id(req)) ?? missing('setup_intent', id(req));
      const method = payments.method(String(req.body.payment_method));
      checkUsable(method, setup.customer as string | null);
      method.customer = setup.customer as string | null;
      Object.assign(setup, { status: 'succeeded', payment_method: method.id });
      payments.event('setup_intent.succeeded', setup);
      return ok(setup);
    }),
  );

  router.post(
    '/payment_intents',
    op('stripe.payment_intents.create', (req) => ok(payments.create(req.body))),
  );
  router.get(
    '/payment_intents',
    op('stripe.payment_intents.list', (req) => {
      // Express parses the query each time it is read.
      const { customer, created } = req.query;
      const since = Number((created as { gte?: string } | undefined)?.gte ?? 0);
      const newestFirst = [...payments.intents.values()]
        .filter((one) => (!customer || one.customer === customer) && one.created >= since && isListed(one))
        .reverse();
      const { page, hasMore } = pageOf(req.query, newestFirst);
      return list(
        page.map((one) => expanded(req, one)),
        '/v1/payment_intents',
        hasMore,
      );
    }),
  );
  router.get(
    '/payment_intents/:id',
    op('stripe.payment_intents.retrieve', (req) => ok(expanded(req, payments.find(id(req))))),
  );
  router.post(
    '/payment_intents/:id/confirm',
    op('stripe.payment_intents.confirm', (req) => {
      const intent = payments.find(id(req));
      checkPayer(req.body, intent);
      if (req.body.payment_method) {
        const method = payments.method(req.body.payment_method, intent.customer);
        checkUsable(method, intent.customer);
        intent.payment_method = method.id;
      }
      payments.confirm(intent, String(req.body.off_session) === 'true');
      return ok(intent);
    }),
  );
  router.post(
    '/payment_intents/:id/capture',
    op('stripe.payment_intents.capture', (req) => {
      const intent = payments.find(id(req));
      payments.capture(intent, Number(req.body.amount_to_capture ?? intent.amount_capturable));
      return ok(expanded(req, intent));
    }),
  );
  router.post(
    '/payment_intents/:id/cancel',
    op('stripe.payment_intents.cancel', (req) => {
      const intent = payments.find(id(req));
      payments.cancel(intent, req.body.cancellation_reason ?? null);
      return ok(intent);
    }),
  );

  router.get(
    '/charges/:id',
    op('stripe.charges.retrieve', (req) => ok(payments.charges.get(id(req)) ?? missing('charge', id(req)))),
  );
  router.post(
    '/refunds',
    op('stripe.refunds.create', (req) => {
      const intent = payments.find(req.body.payment_intent);
      return ok(payments.refund(intent, req.body.amount ? Number(req.body.amount) : undefined, req.body));
    }),
  );
  router.get(
    '/refunds',
    op('stripe.refunds.list', (req) => page(req, payments.refunds.filter(isListed), '/v1/refunds')),
  );
  router.get(
    '/refunds/:id',
    op('stripe.refunds.retrieve', (req) =>
      ok(payments.refunds.find((one) => one.id === id(req)) ?? missing('refund', id(req))),
    ),
  );
  router.get(
    '/disputes',
    op('stripe.disputes.list', (req) => page(req, payments.disputes.all, '/v1/disputes')),
  );
  router.get(
    '/disputes/:id',
    op('stripe.disputes.retrieve', (req) =>
      ok(payments.disputes.all.find((one) => one.id === id(req)) ?? missing('dispute', id(req))),
    ),
  );

  /** Lists lag behind what was made; reads by id do not. */
  const isListed = ({ id: made }: { id: string }): boolean =>
    (payments.madeAt.get(made) ?? 0) <= world.now() - world.settings.listLagMs;

  function expanded(req: Request, intent: PaymentIntent): PaymentIntent {
    const expand = ([] as unknown[]).concat(req.query.expand ?? req.body?.expand ?? []).map(String);
    const wanted = expand.some((path) => path.endsWith('latest_charge'));
    if (!wanted || typeof intent.latest_charge !== 'string') return intent;
    return { ...intent, latest_charge: payments.charges.get(intent.latest_charge) ?? null };
  }

  return { router, payments, customers };
}

const ok = (body: unknown): Reply => ({ status: 200, body, headers: { 'request-id': newId('req') } });
const list = (data: unknown[], url: string, has_more = false): Reply =>
  ok({ object: 'list', url, has_more, data });

/** Newest first, ten at a time unless more are asked for. */
function page(
  { query }: Request,
  all: readonly { id: string; payment_intent: string; created: number }[],
  url: string,
): Reply {
  const { payment_intent, created } = query;
  const since = Number((created as { gte?: string } | undefined)?.gte ?? 0);
  const found = all
    .filter((one) => (!payment_intent || one.payment_intent === payment_intent) && one.created >= since)
    .toReversed();
  const { page: shownPage, hasMore } = pageOf(query, found);
  return list(shownPage, url, hasMore);
}
const id = (req: Request): string => String(req.params.id);

function shown<T extends { card_behaviour: unknown; detached?: boolean }>({
  card_behaviour: _,
  detached: __,
  ...method
}: T): Omit<T, 'card_behaviour' | 'detached'> {
  return method;
}
