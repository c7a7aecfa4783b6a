import type { Simulated } from './simulated.ts';

/** Somebody who knows our ids but not the vendors' secrets claims that things happened. */
export function forge(sim: Simulated): void {
  const { tables, vendors } = sim;
  const unix = Math.floor(sim.time.now / 1_000);
  for (const { id, offer, paymentIntentId } of tables.attempts.values()) {
    const made = `evt_forged_${id.slice(0, 8)}`;
    const stripe = {
      id: made,
      type: 'payment_intent.canceled',
      data: { object: { id: paymentIntentId ?? 'pi_forged', metadata: { attempt_id: id } } },
    };
    const duffel = {
      id: made,
      type: 'order.creation_failed',
      data: { object: { offer_id: offer?.offerId ?? 'off_forged' } },
    };
    const signature = `t=${unix},v1=${'0'.repeat(64)}`;
    void vendors.webhooks.carry(
      'http://parker/api/webhooks/stripe',
      { 'stripe-signature': signature },
      JSON.stringify(stripe),
    );
    void vendors.webhooks.carry(
      'http://parker/api/webhooks/duffel',
      { 'x-duffel-signature': signature },
      JSON.stringify(duffel),
    );
  }
}
