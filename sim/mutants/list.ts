import { AFTER_TICKET_MUTANTS } from './after-ticket-mutants.ts';
import { BREADTH_MUTANTS } from './breadth-mutants.ts';
import { CANCELLING_MUTANTS } from './cancelling-mutants.ts';
import { CONFIRMATION_MUTANTS } from './confirmation-mutants.ts';
import { FARE_MUTANTS } from './fare-mutants.ts';
import { FLAG_MUTANTS } from './flag-mutants.ts';
import { FUSE_MUTANTS } from './fuse-mutants.ts';
import type { Mutant } from './mutant.ts';
import { SURROUNDINGS_MUTANTS } from './surroundings-mutants.ts';

/** Defences of booking, watching and reconciling. */
const BOOKING_MUTANTS: readonly Mutant[] = [
  {
    name: 'random idempotency key',
    file: 'src/services/booking/steps/authorize.ts',
    find: 'key: intent.key,',
    replace: 'key: String(Math.random()),',
  },
  {
    name: 'a new attempt per retry',
    file: 'src/services/saga/run.ts',
    find: `    return await later(ms, why);
  } finally`,
    replace: `    const retry = { kind: 'compensated', compensation: { code: 'retry', message: why, to: 'search' } };
    await session.finish(subject, saga.endOf(subject, retry as never, ports));
    if (ms >= 0) return { kind: 'over' };
    return await later(ms, why);
  } finally`,
  },
  {
    name: 'no look at the age of the claim',
    file: 'src/services/saga/session.ts',
    find: 'if (now() - asked >= claimMs)',
    replace: 'if (asked === 0)',
  },
  {
    name: 'no intent row',
    file: 'src/services/booking/steps/order.ts',
    find: `const intent = await ports.session.recordIntent(attempt, 'order', request, 'once');`,
    replace: `const intent = { stop: null, key: '', fresh: Boolean(request), ageMs: 0, outcome: null };`,
  },
  {
    name: 'the order call repeated after a crash',
    file: 'src/services/booking/steps/order.ts',
    find: `if (past && past.outcome !== 'not_attempted')`,
    replace: `if (past?.outcome === 'created')`,
  },
  {
    name: 'blind retry after 5xx',
    file: 'src/providers/duffel/errors.ts',
    find: '? new OutcomeUnknown(code, words)',
    replace: '? new Retryable(code, words)',
  },
  {
    name: 'a lost answer taken for a no',
    file: 'src/services/booking/steps/order.ts',
    find: `  if (error instanceof OutcomeUnknown)
`,
    replace: `  if (error instanceof OutcomeUnknown)
    return compensate(attempt, { code: error.code, message: error.message, to: 'search' }, {
      recorded: { step: 'order', outcome: 'refused' },
    });
  if (error instanceof OutcomeUnknown)
`,
  },
  {
    name: 'capture before order',
    file: 'src/services/booking/steps/order.ts',
    find: `  try {
    const facts = await ports.flights.createOrder({`,
    replace: `  const taken = await ports.session.recordIntent(attempt, 'capture', {}, 'again');
  await ports.payments.capture(attempt.paymentIntentId as string, offer.price, taken.key);
  try {
    const facts = await ports.flights.createOrder({`,
  },
  {
    name: 'no deadline',
    file: 'src/services/booking/results.ts',
    find: 'if (ports.clock.now() >= attempt.deadline)',
    replace: 'if (attempt.number < 0)',
  },
  {
    name: 'no reconciler',
    file: 'src/services/reconciling/rescue-stuck-work.ts',
    find: 'await stuckWork.abandonedAttempts(ATTEMPT_IDLE_MS, LIMIT)',
    replace: 'await stuckWork.abandonedAttempts(ATTEMPT_IDLE_MS, 0)',
  },
  {
    name: "the vendors' lists are not read",
    file: 'src/services/reconciling/vendor-lists.ts',
    find: 'for (const id of batch)\n',
    replace: 'for (const id of batch.slice(batch.length))\n',
  },
  {
    name: 'unlock without owner',
    file: 'src/redis/lock.ts',
    find: "`if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0`",
    replace: "`return redis.call('del', KEYS[1])`",
  },
  {
    name: 'skipped signature check',
    file: 'src/providers/duffel/webhook.ts',
    find: 'if (sent.length !== wanted.length || !timingSafeEqual(sent, wanted)) return undefined;',
    replace: 'if (sent.length > wanted.length && timingSafeEqual(sent, wanted)) return undefined;',
  },
  {
    name: 'webhook body trusted',
    file: 'src/services/webhooks/handle-event.ts',
    find: "  if (attempt.status === 'PENDING') {",
    replace: `  if (attempt.status === 'PENDING' && refs.orderId && attempt.step !== 'capture') {
    const order = { orderId: refs.orderId, bookingReference: '', total: { minor: 1, currency: 'GBP' }, ticketNumbers: [] };
    const resumed = { ...({ step: 'capture', order } as object), paymentIntentId: attempt.paymentIntentId } as VendorState;
    await ports.directory.reopen(attempt, resumed, eventId);
  }
  if (attempt.status === 'PENDING') {`,
  },
  {
    name: 'adopting the wrong order',
    file: 'src/services/booking/steps/sync-order.ts',
    find: 'orders.filter((order) => order.attemptId === attempt.id)',
    replace: 'orders.slice()',
  },
  {
    name: 'void while the order is unknown',
    file: 'src/services/booking/steps/sync-order.ts',
    find: 'return ports.clock.now() < waitsUntil(ports, attempt, ageMs) ? null : unconfirmed;',
    replace: 'return ageMs < ports.settings.orderLookupLeastMs ? null : unconfirmed;',
  },
  {
    name: 'the order that a webhook named is not read',
    file: 'src/services/webhooks/handle-event.ts',
    find: 'attempt.orderId ? {} : { orderId, failed }',
    replace: 'attempt.orderId ? {} : { failed }',
  },
  {
    name: 'failed fares forgotten',
    file: 'src/domain/failed-fares.ts',
    find: 'if (times.length === 0) return null;',
    replace: 'if (times.length < 99) return null;',
  },
  {
    name: 'cards tried without limit',
    file: 'src/domain/authorization-limits.ts',
    find: 'return frees === undefined ? []',
    replace: 'return frees === undefined || max > 0 ? []',
  },
  {
    name: 'mandate not checked',
    file: 'src/domain/money.ts',
    find: 'return price.currency === mandate.currency && price.minor <= mandate.minor;',
    replace: 'return price.currency === mandate.currency;',
  },
  {
    name: 'fail-open flag',
    file: 'src/flags/registry.ts',
    find: '=> FLAGS[key].safe;',
    replace: '=> !FLAGS[key].safe;',
  },
  {
    name: 'kill switch not asked before money',
    file: 'src/services/booking/results.ts',
    find: 'const stop = await ports.flags.bookingStop(attempt.userId);',
    replace: 'const stop = null as { code: string; message: string } | null;',
  },
  {
    name: 'void skipped',
    file: 'src/services/booking/steps/void.ts',
    find: 'await ports.payments.void(authorization.paymentIntentId, intent.key);',
    replace: `return over('payment.released');`,
  },
  {
    name: 'the authorization is voided before the order',
    file: 'src/services/booking/results.ts',
    find: `return next(attempt.order ? 'cancel_order' : 'void', {`,
    replace: `return next('void', {`,
  },
  {
    name: 'no look for a second order before the void',
    file: 'src/services/booking/steps/cancel-order.ts',
    find: 'return (await hasAnother(ports, attempt))',
    replace: 'return attempt.number < 0 && (await hasAnother(ports, attempt))',
  },
  {
    name: 'a look between intent and authorization',
    file: 'src/services/booking/steps/authorize.ts',
    find: `  const intent = await ports.session.recordIntent(attempt, 'authorize', request, 'once');`,
    replace: `  const intent = await ports.session.recordIntent(attempt, 'authorize', request, 'once');
  await ports.payments.authorizationsOf(customerId, new Date(0), null);`,
  },
  {
    name: 'a look between intent and cancellation',
    file: 'src/services/booking/steps/cancel-order.ts',
    find: '    await ports.flights.confirmCancellation(quote.id);',
    replace: `    await ports.flights.quoteCancellation(orderId);
    await ports.flights.confirmCancellation((await ports.flights.quoteCancellation(orderId)).id);`,
  },
  {
    name: 'an authorization repeated without a look',
    file: 'src/services/booking/steps/authorize.ts',
    find: `if (made?.status === 'authorized' || made?.status === 'voided') return take(attempt, made);`,
    replace: `if (made?.status === 'voided') return take(attempt, made);`,
  },
  {
    name: 'fuse ignored',
    file: 'src/services/booking/results.ts',
    find: `=> stop && { ...stop, to: 'watch' };`,
    replace: '=> (stop === undefined ? null : null);',
  },
];

/** Every one of these must be caught by the simulator; so must every two of them together. */
export const MUTANTS: readonly Mutant[] = [
  ...BOOKING_MUTANTS,
  ...CANCELLING_MUTANTS,
  ...AFTER_TICKET_MUTANTS,
  ...BREADTH_MUTANTS,
  ...CONFIRMATION_MUTANTS,
  ...FARE_MUTANTS,
  ...FLAG_MUTANTS,
  ...FUSE_MUTANTS,
  ...SURROUNDINGS_MUTANTS,
];
