import type { Mutant } from './mutant.ts';

/** Defences against what goes on around our deployment. */
export const SURROUNDINGS_MUTANTS: readonly Mutant[] = [
  {
    name: 'unreadable 201 as refusal',
    file: 'src/providers/duffel/create-order.ts',
    find: "if ('row' in reading) return { ...reading.row.facts, answer };",
    replace: `if ('row' in reading) return { ...reading.row.facts, answer };
  if (id !== null)
    throw classifyOrderError({ status: 422, code: 'unreadable_order', fromDuffel: true, retryAfterMs: undefined });`,
  },
  {
    name: 'one unreadable row hides the others',
    file: 'src/providers/lenient.ts',
    find: "    if ('row' in reading) rows.push(reading.row);",
    replace:
      "    if ('row' in reading && unreadable.length === 0) rows.push(reading.row);\n    else if ('row' in reading) continue;",
  },
  {
    name: 'orphan of another deployment voided',
    file: 'src/providers/deployment.ts',
    find: "return named === deployment ? 'us' : 'another_deployment';",
    replace: "return named === deployment ? 'us' : 'us';",
  },
  {
    name: 'orphan without a name voided',
    file: 'src/services/reconciling/reconcile-attempt.ts',
    find: ".some(({ madeBy }) => madeBy === 'us');",
    replace: ".some(({ madeBy }) => madeBy !== 'another_deployment');",
  },
  {
    name: "the attempt's first order forgotten for the one that a person named",
    file: 'src/services/booking/steps/cancel-order.ts',
    find: 'return (await findNamedOrder(ports, attempt)) !== undefined;',
    replace: 'return attempt.number < 0;',
  },
  {
    name: 'decline leaked',
    file: 'src/services/booking/steps/decline.ts',
    find: "events: [{ type: 'payment.declined', detail: { code: shownCode } }],",
    replace: "events: [{ type: 'payment.declined', detail: { code } }],",
  },
  {
    name: 'a refused account ends the trip',
    file: 'src/services/booking/results.ts',
    find: `'We could not go on because of trouble with an account of ours. Nothing is charged; we keep watching.',
  to: 'watch',`,
    replace: `'We could not go on because of trouble with an account of ours. Nothing is charged; we keep watching.',
  to: 'failed',`,
  },
  {
    name: 'bookings go on while an account is refused',
    file: 'src/services/troubles/index.ts',
    find: 'return last.paused ? PAUSED : null;',
    replace: 'return last.at < 0 ? PAUSED : null;',
  },
  {
    name: 'a refused account alerted to no one',
    file: 'src/services/troubles/index.ts',
    find: 'if (active.length === 0) return;',
    replace: 'if (active.length < 9) return;',
  },
];
