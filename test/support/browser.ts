import type { Client } from './client.ts';
import type { Harness } from './harness.ts';

/** What the API hands to a traveller's browser. */
export interface Confirmation {
  readonly clientSecret: string;
  readonly publishableKey: string;
  readonly paymentMethodId: string;
  readonly amount: { readonly amount: string; readonly currency: string };
  readonly expiresAt: string;
}

export async function confirmationOf(user: Client, tripId: string): Promise<Confirmation> {
  const { status, body } = await user.call('POST', `/api/trips/${tripId}/confirm-payment`);
  if (status !== 200) throw new Error(`answered ${status}: ${JSON.stringify(body)}`);
  return body as never;
}

/** As Stripe.js does it: confirms with the publishable key, then the payer proves who they are, or does not. @returns Stripe's last word */
export async function confirmInBrowser(
  { sandbox }: Pick<Harness, 'sandbox'>,
  { clientSecret, publishableKey, paymentMethodId }: Confirmation,
  proven = true,
): Promise<{ status?: string; error?: { code?: string } }> {
  const id = clientSecret.split('_secret_')[0];
  const post = async (path: string, body: Record<string, string>) => {
    const reply = await fetch(`${sandbox.url}/stripe/${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${publishableKey}` },
      body: new URLSearchParams({ client_secret: clientSecret, ...body }),
    });
    return (await reply.json()) as { status?: string };
  };
  const answer = await post(`v1/payment_intents/${id}/confirm`, { payment_method: paymentMethodId });
  return answer.status === 'requires_action' ? post(`bank/${id}`, { proven: String(proven) }) : answer;
}
