import { Refusal, type Reply } from '../operation.ts';

export interface StripeProblem {
  type: 'card_error' | 'invalid_request_error' | 'idempotency_error' | 'api_error';
  message: string;
  code?: string;
  decline_code?: string;
  /** Stripe's own finer code, which the SDK does not name. */
  message_code?: string;
  param?: string;
  payment_intent?: unknown;
}

export const problem = (status: number, error: StripeProblem): Reply => ({ status, body: { error } });

export function refuse(status: number, error: StripeProblem): never {
  throw new Refusal(problem(status, error));
}

export const missing = (what: string, id: unknown): never =>
  refuse(404, {
    type: 'invalid_request_error',
    code: 'resource_missing',
    message: `No such ${what}: '${String(id)}'`,
    param: 'id',
  });

/** An intent's status does not allow what is asked of it. */
export function unexpected(intent: { readonly status: string }, action: string): never {
  return refuse(400, {
    type: 'invalid_request_error',
    code: 'payment_intent_unexpected_state',
    message: `You cannot ${action} this PaymentIntent because it has a status of ${intent.status}.`,
    payment_intent: intent,
  });
}
