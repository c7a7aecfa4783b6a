import { z } from 'zod';
import { CASE_ACTIONS, type CaseAction } from '../../domain/case.ts';
import { actOnCase } from '../../services/cases/act.ts';
import { listCases, readCase } from '../../services/cases/list.ts';
import type { CasePorts } from '../../services/cases/ports.ts';
import { readStatement } from '../../services/cases/statement.ts';
import { takeCase } from '../../services/cases/take.ts';
import { viewCase } from '../../services/cases/view.ts';
import { defineRoute, type Route } from '../route.ts';
import { openCase } from '../schemas/case.ts';

const tag = 'Ops';
const action = z.enum(CASE_ACTIONS);
const decided = z
  .object({
    caseId: z.string(),
    action,
    state: z.enum(['accepted', 'proposed']),
    message: z.string(),
  })
  .meta({ id: 'CaseDecision' });

/** An attempt's id, a cancellation's, a refund's or a dispute's; an orphan's is the vendor's own. */
const id = z.string().regex(/^[A-Za-z0-9_-]{3,100}$/);
const params = z.object({ id });
const body = z.strictObject({
  reason: z.string().trim().min(3).max(500),
  /** As it was read; a case that changed since answers 409. */
  version: z.string().max(100).optional(),
  orderId: z
    .string()
    .regex(/^[A-Za-z0-9_-]{3,100}$/)
    .optional(),
  amount: z.string().max(20).optional(),
  noOrder: z.boolean().optional(),
  acceptLoss: z.boolean().optional(),
  paidElsewhere: z.boolean().optional(),
});

const SUMMARIES: ReadonlyMap<CaseAction, string> = new Map([
  ['adopt', 'Take a live order of ours for the attempt, capture and book'],
  ['capture', 'Capture the money of the order and book'],
  ['release', 'End without a ticket: void what is reserved'],
  ['refund', 'End without a ticket: refund what is captured; of a cancellation, refund the stated amount'],
  ['cancel-order', 'Cancel the order at the terms that were accepted, then void or refund'],
  ['retry', 'Go on with the cancellation from its step'],
  ['close', 'End in the state that the vendors show, when nothing is open there'],
]);

/** What waits for a person: viewers read, operators decide. */
export const caseRoutes = (deps: CasePorts): Route[] => [
  defineRoute({
    method: 'get',
    path: '/api/ops/cases',
    operationId: 'listCases',
    tag,
    summary: 'What waits for a person, the most urgent first',
    roles: ['viewer', 'operator', 'admin'],
    answers: { 200: { description: 'The open cases', schema: z.object({ data: z.array(openCase) }) } },
    handle: async () => ({ status: 200, body: { data: await listCases(deps) } }),
  }),
  defineRoute({
    method: 'get',
    path: '/api/ops/cases/{id}',
    operationId: 'getCase',
    tag,
    summary: 'One case',
    roles: ['viewer', 'operator', 'admin'],
    params,
    answers: { 200: { description: 'The case', schema: openCase } },
    handle: async (call) => ({ status: 200, body: await readCase(deps, call.params.id) }),
  }),
  defineRoute({
    method: 'post',
    path: '/api/ops/cases/{id}/take',
    operationId: 'takeCase',
    conflicts: true,
    tag,
    summary: 'Take a case, so that its alerts stop',
    roles: ['operator', 'admin'],
    params,
    body: z.strictObject({ over: z.boolean().default(false) }),
    answers: { 200: { description: 'The case', schema: openCase } },
    async handle({ params: { id: caseId }, body: { over }, user, correlationId }) {
      const taken = await takeCase(deps, { id: caseId, who: user.userId, over, correlationId });
      return { status: 200, body: viewCase(taken, deps.clock.now()) };
    },
  }),
  ...[...SUMMARIES].map(([chosen, summary]) =>
    defineRoute({
      method: 'post',
      path: `/api/ops/cases/{id}/${chosen}`,
      operationId: `${chosen.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase())}Case`,
      tag,
      summary,
      roles: ['operator', 'admin'],
      creates: true,
      params,
      body,
      answers: {
        202: { description: 'Accepted, or proposed for a second person to confirm', schema: decided },
      },
      async handle({ params: { id: caseId }, body: { reason, version, ...stated }, user, correlationId }) {
        const statement = await readStatement(deps, caseId, stated);
        const request = {
          id: caseId,
          action: chosen,
          statement,
          reason,
          version,
          who: user.userId,
          correlationId,
        };
        return { status: 202, body: await actOnCase(deps, request) };
      },
    }),
  ),
];
