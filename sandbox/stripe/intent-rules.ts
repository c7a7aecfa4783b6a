import { refuse } from './errors.ts';
import type { PaymentMethod } from './types.ts';

type Body = Record<string, unknown>;

const isTrue = (value: unknown): boolean => String(value) === 'true';

/**
 * Refuses an intent that is confirmed at once without saying that its methods stay here: the Dashboard's may lead the payer away,
 * and the API wants to know where they come back to. Saved cards are refused too.
 */
export function checkConfirmation(body: Body): void {
  const confirms = isTrue(body.confirm);
  for (const param of ['off_session', 'return_url', 'error_on_requires_action'])
    if (body[param] !== undefined && !confirms)
      refuse(400, {
        type: 'invalid_request_error',
        message: `\`${param}\` can only be used when \`confirm\` is true.`,
        param,
      });
  const { automatic_payment_methods: automatic, allowed_payment_method_types: allowed, return_url } = body;
  checkMethodTypes(body);
  if (automatic && allowed)
    refuse(400, {
      type: 'invalid_request_error',
      code: 'parameters_exclusive',
      message: 'Give `automatic_payment_methods` or `allowed_payment_method_types`, not both.',
    });
  const methods = automatic as { enabled?: unknown; allow_redirects?: unknown } | undefined;
  const neverRedirects = isTrue(methods?.enabled) && methods?.allow_redirects === 'never';
  if (confirms && !neverRedirects && !return_url)
    refuse(400, {
      type: 'invalid_request_error',
      message:
        'A `return_url` must be specified because this Payment Intent is configured to automatically accept the payment methods enabled in the Dashboard.',
      param: 'return_url',
    });
}

/** From API version 2026-09-30.endive on the types of an intent are computed. Source: Stripe's changelog. */
export function checkMethodTypes({ payment_method_types: types }: Body): void {
  if (types !== undefined)
    refuse(400, {
      type: 'invalid_request_error',
      code: 'payment_method_types_no_longer_supported',
      message: '`payment_method_types` is no longer supported on this API version.',
      param: 'payment_method_types',
    });
}

/** Refuses a card that was detached, and one that is saved with another customer. */
export function checkUsable({ id, customer, detached }: PaymentMethod, payer: string | null): void {
  if (detached)
    refuse(400, {
      type: 'invalid_request_error',
      message: 'The payment method was detached from a customer and may not be used again.',
      param: 'payment_method',
    });
  if (customer !== null && customer !== payer)
    refuse(400, {
      type: 'invalid_request_error',
      code: 'resource_missing',
      message: `The customer does not have a payment method with the ID ${id}.`,
      param: 'payment_method',
    });
}
