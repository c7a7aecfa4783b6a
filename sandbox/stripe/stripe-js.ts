import cors from 'cors';
import express, { Router } from 'express';
import type { Payments } from './payments.ts';

/**
 * Runs in the browser in place of Stripe.js: `Stripe(key).confirmCardPayment(secret, {payment_method})`, with the bank's own page as a
 * dialog that asks whether it is you.
 */
const SCRIPT = `(() => {
  const base = new URL('..', document.currentScript.src).href;
  const post = async (path, key, body) => {
    const reply = await fetch(base + path, { method: 'POST', headers: { authorization: 'Bearer ' + key }, body: new URLSearchParams(body) });
    return reply.json();
  };
  const askBank = () => new Promise((answer) => {
    const dialog = document.createElement('dialog');
    dialog.id = 'sandbox-bank';
    dialog.style.cssText = 'border:0;border-radius:12px;padding:24px;max-width:22rem;font:16px/1.5 system-ui,sans-serif';
    const words = document.createElement('p');
    words.style.margin = '0 0 16px';
    words.textContent = 'Sandbox bank: is it you who pays?';
    dialog.append(words);
    for (const [label, proven] of [['Yes, it is me', true], ['No', false]]) {
      const button = document.createElement('button');
      button.type = 'button';
      button.textContent = label;
      button.style.marginRight = '8px';
      button.onclick = () => { dialog.remove(); answer(proven); };
      dialog.append(button);
    }
    document.body.append(dialog);
    dialog.showModal();
  });
  window.Stripe = (key) => ({
    async confirmCardPayment(secret, data) {
      const id = secret.split('_secret_')[0];
      let answer = await post('v1/payment_intents/' + id + '/confirm', key, { client_secret: secret, ...data });
      if (answer.status === 'requires_action') {
        const proven = await askBank();
        answer = await post('bank/' + id, key, { client_secret: secret, proven });
      }
      const error = answer.error || (answer.status === 'requires_payment_method' ? answer.last_payment_error : null);
      return error ? { error } : { paymentIntent: answer };
    },
  });
})();`;

/** `/stripe/v3`: the script of the stand-in, and the bank behind it. */
export function stripeJs(payments: Payments): Router {
  const router = Router();
  router.use(cors(), express.urlencoded({ extended: false }));
  router.get('/v3', (_req, res) => void res.type('text/javascript').send(SCRIPT));
  router.post('/bank/:id', (req, res) => {
    const { client_secret, proven } = req.body as { client_secret?: string; proven?: string };
    const intent = payments.intents.get(req.params.id);
    if (intent?.client_secret !== client_secret || intent?.status !== 'requires_action')
      return void res.status(400).json({ error: { message: 'Nothing of this payment waits for its bank.' } });
    payments.authenticate(intent, proven === 'true');
    res.json(intent);
  });
  return router;
}
