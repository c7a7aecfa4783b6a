import { z } from 'zod';
import { CASE_ACTIONS, CASE_KINDS } from '../../domain/case.ts';
import { moneySchema } from './money.ts';

/** An amount; `unknown` is not zero. */
export const knownMoney = z.union([moneySchema, z.literal('unknown')]);
const action = z.enum(CASE_ACTIONS);
/** What waits for a person. */
export const openCase = z
  .object({
    id: z.string(),
    kind: z.enum(CASE_KINDS),
    version: z.string(),
    code: z.string(),
    message: z.string(),
    step: z.string(),
    severity: z.enum(['notice', 'warning', 'critical']),
    money: z.object({ reserved: knownMoney, captured: knownMoney, refunded: knownMoney, stake: knownMoney }),
    ticket: z.union([
      z.object({ orderId: z.string(), reference: z.string().nullable() }),
      z.enum(['none', 'unknown']),
    ]),
    deadline: z.string().nullable(),
    since: z.string(),
    ageMs: z.number().int(),
    tripId: z.string().nullable(),
    attemptId: z.string().nullable(),
    takenBy: z.string().nullable(),
    takenAt: z.string().nullable(),
    proposal: z.object({ action, by: z.string(), at: z.string() }).nullable(),
    underWay: action.nullable(),
    allowed: z.array(action),
  })
  .meta({ id: 'Case' });
