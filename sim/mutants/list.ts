/** A defence taken out of the real code, as a replacement of its text; text that is no longer there is an error. */
export interface Mutant {
  readonly name: string;
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** Every one of these must be caught by the simulator; so must every two of them together. */
export const MUTANTS: readonly Mutant[] = [
  {
    name: 'random idempotency key',
    file: 'src/services/booking/steps/authorize.ts',
    find: 'key: intent.key,',
    replace: 'key: String(Math.random()),',
  },
  {
    name: 'a new attempt per retry',
    file: 'src/services/booking/saga.ts',
    find: 'return handOver(ms, why);\n  }',
    replace: `await claimed.finish(attempt, { kind: 'undone', unwind: { code: 'retry', message: why, to: 'search' } });
    return { kind: 'over' };\n  }`,
  },
  {
    name: 'no look at the age of the claim',
    file: 'src/services/booking/lease.ts',
    find: 'if (next && clock.now().getTime() - asked >= claimMs)',
    replace: 'if (asked === 0)',
  },
  {
    name: 'no intent row',
    file: 'src/services/booking/steps/order.ts',
    find: `const intent = await ports.store.intend(
    attempt,
    'order',
    { offerId: offer.offerId, ...offer.price },
    'once',
  );`,
    replace: "const intent = { stop: null, key: '', fresh: true, ageMs: 0, outcome: null };",
  },
  {
    name: 'the order call repeated after a crash',
    file: 'src/services/booking/steps/order.ts',
    find: "if (begun && begun.outcome !== 'not_attempted')",
    replace: "if (begun?.outcome === 'created')",
  },
  {
    name: 'blind retry after 5xx',
    file: 'src/providers/duffel/errors.ts',
    find: 'return status >= 500 ? new OutcomeUnknown(code, words)',
    replace: 'return status >= 500 ? new Retryable(code, words)',
  },
  {
    name: 'a lost answer taken for a no',
    file: 'src/services/booking/steps/order.ts',
    find: 'if (error instanceof OutcomeUnknown)',
    replace: `if (error instanceof OutcomeUnknown)
      return undo(attempt, refusal(error.code), { settle: { step: 'order', outcome: 'refused' } });
    if (error instanceof OutcomeUnknown)`,
  },
  {
    name: 'capture before order',
    file: 'src/services/booking/steps/order.ts',
    find: '  try {\n    const facts = await ports.flights.createOrder({',
    replace: `  const early = await ports.store.intend(attempt, 'capture', {}, 'again');
  await ports.payments.capture(attempt.paymentIntentId as string, offer.price, early.key);
  try {\n    const facts = await ports.flights.createOrder({`,
  },
  {
    name: 'no deadline',
    file: 'src/services/booking/moves.ts',
    find: 'if (ports.clock.now() >= attempt.deadline)',
    replace: 'if (attempt.number < 0)',
  },
  {
    name: 'no reconciler',
    file: 'src/services/reconciling/standing-still.ts',
    find: 'await standing.abandoned(ATTEMPT_IDLE_MS, LIMIT)',
    replace: 'await standing.abandoned(ATTEMPT_IDLE_MS, 0)',
  },
  {
    name: "the vendors' lists are not read",
    file: 'src/services/reconciling/vendor-lists.ts',
    find: 'for (const [attemptId, truth] of byAttempt) {',
    replace: 'for (const [attemptId, truth] of new Map<string, Truth>()) {',
  },
  {
    name: 'unlock without owner',
    file: 'src/queues/lock.ts',
    find: "`if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0`",
    replace: "`return redis.call('del', KEYS[1])`",
  },
  {
    name: 'skipped signature check',
    file: 'src/providers/webhook-signatures.ts',
    find: 'if (sent.length !== wanted.length || !timingSafeEqual(sent, wanted)) return undefined;',
    replace: 'if (sent.length > wanted.length && timingSafeEqual(sent, wanted)) return undefined;',
  },
  {
    name: 'webhook body trusted',
    file: 'src/services/webhooks/look-into.ts',
    find: "  if (attempt.status === 'PENDING') {",
    replace: `  if (attempt.status === 'PENDING' && refs.orderId && attempt.step !== 'capture') {
    const order = { orderId: refs.orderId, bookingReference: '', total: { minor: 1, currency: 'GBP' }, ticketNumbers: [] };
    const resumed = { ...({ step: 'capture', order } as object), paymentIntentId: attempt.paymentIntentId } as Found;
    await ports.directory.resume(attempt, resumed, eventId);
  }
  if (attempt.status === 'PENDING') {`,
  },
  {
    name: 'adopting the wrong order',
    file: 'src/services/booking/steps/settle.ts',
    find: 'orders.filter((order) => order.attemptId === attempt.id)',
    replace: 'orders.slice()',
  },
  {
    name: 'no settle window',
    file: 'src/services/booking/steps/settle.ts',
    find: '< ports.settings.settleWindowMs',
    replace: '< 0',
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
    file: 'src/services/booking/moves.ts',
    find: 'const stop = await ports.flags.bookingStop(attempt.userId);',
    replace: 'const stop = null as { code: string; message: string } | null;',
  },
  {
    name: 'void skipped',
    file: 'src/services/booking/steps/authorize.ts',
    find: 'await ports.payments.release(hold.paymentIntentId, intent.key);',
    replace: "return over('payment.released');",
  },
  {
    name: 'the money is let go before the order',
    file: 'src/services/booking/moves.ts',
    find: "return go(attempt.order ? 'cancel_order' : 'void', {",
    replace: "return go('void', {",
  },
  {
    name: 'no look for a second order before the money is let go',
    file: 'src/services/booking/steps/order.ts',
    find: 'return (await hasAnother(ports, attempt))',
    replace: 'return attempt.number < 0 && (await hasAnother(ports, attempt))',
  },
  {
    name: 'a look between intent and authorisation',
    file: 'src/services/booking/steps/authorize.ts',
    find: "  const intent = await ports.store.intend(attempt, 'authorize', request, 'once');",
    replace: `  const intent = await ports.store.intend(attempt, 'authorize', request, 'once');
  await ports.payments.holdsOf(customerId);`,
  },
  {
    name: 'a look between intent and cancellation',
    file: 'src/services/booking/steps/order.ts',
    find: '    await ports.flights.confirmCancellation(quote.id);',
    replace: `    await ports.flights.quoteCancellation(facts.orderId);
    await ports.flights.confirmCancellation((await ports.flights.quoteCancellation(facts.orderId)).id);`,
  },
  {
    name: 'an authorisation repeated without a look',
    file: 'src/services/booking/steps/authorize.ts',
    find: "if (made?.status === 'held' || made?.status === 'released') return adopt(attempt, made);",
    replace: "if (made?.status === 'released') return adopt(attempt, made);",
  },
  {
    name: 'fuse ignored',
    file: 'src/services/booking/moves.ts',
    find: "=> stop && { ...stop, to: 'watch' };",
    replace: '=> (stop === undefined ? null : null);',
  },
];

/** Defences of the storage on Postgres, which the simulator replaces: its own suites must notice when one is gone. */
export const STORAGE_MUTANTS: readonly Mutant[] = [
  {
    name: 'no fencing of a claim that is renewed',
    file: 'src/db/attempts.ts',
    find: "    .where('epoch', '=', epoch)\n",
    replace: '',
  },
  {
    name: 'no fencing',
    file: 'src/db/commit-attempt.ts',
    find: 'const { rows } = await sql<{ answers: (Committed & { n: number })[] }>`',
    replace: `for (const one of batch)
    one.epoch = (await sql<{ epoch: number }>\`select epoch from booking_attempts where id = \${one.id}\`.execute(db)).rows[0]?.epoch as number;
  const { rows } = await sql<{ answers: (Committed & { n: number })[] }>\``,
  },
  {
    name: 'one refused write takes the batch with it',
    file: 'src/db/gathered.ts',
    find: "if (asks.length === 1 || error.severity !== 'ERROR') throw error;",
    replace: 'if (asks.length) throw error;',
  },
  {
    name: 'a write that was left out is not made up for',
    file: 'src/db/commit-attempt.ts',
    find: '?? alone(db, { attempt, what });',
    replace: '?? { moved: false, stop: null, blown: false };',
  },
  {
    name: 'a held claim can be taken',
    file: 'src/db/attempts.ts',
    find: "        .where((eb) => eb.or([eb('leaseUntil', 'is', null), eb('leaseUntil', '<', sql<Date>`now()`)]))\n",
    replace: '',
  },
  {
    name: 'an outcome is forgotten while it waits for the next intent',
    file: 'src/services/booking/claimed.ts',
    find: 'if (changes.length) await store.commit(attempt, changes);',
    replace: '',
  },
  {
    name: 'every intent is a new one',
    file: 'src/services/booking/claimed.ts',
    find: "const fresh = !past || mode === 'again' || past.outcome === 'not_attempted';",
    replace: 'const fresh = past !== null;',
  },
  {
    name: 'the fuse is not charged',
    file: 'src/services/booking/commit.ts',
    find: "if (intent.step !== 'authorize' && intent.step !== 'order') return announcement;",
    replace: "if (intent.step !== 'order') return announcement;",
  },
];
