import { randomBytes } from 'node:crypto';
import { type RequestHandler, Router } from 'express';
import { onlyMethods } from '../middleware/methods.ts';
import { noStore } from '../middleware/no-store.ts';
import { pageShell } from './shell.ts';

/** Runs in the browser: Stripe.js confirms the payment, then the API is told to look it up. The bank's page opens over this one. */
const script = (stripeJsUrl: string) => `
const id = location.pathname.split('/')[2];
const $ = (name) => document.getElementById(name);
const text = (node, value) => { node.textContent = value; };
const only = (shown) => { for (const name of ['sign-in', 'ask', 'state']) $(name).hidden = name !== shown; };
const minutes = (ms) => ms < 90000 ? 'one more minute' : ms < 7200000 ? Math.round(ms / 60000) + ' more minutes' : Math.round(ms / 3600000) + ' more hours';
$('to-trip').href = '/trips/' + id;
let stripeJs;
// Stripe wants its script loaded from its own address.
const loadStripe = () => stripeJs ||= new Promise((done, failed) => {
  const element = document.createElement('script');
  element.src = ${JSON.stringify(stripeJsUrl).replaceAll('<', '\\u003c')};
  element.onload = () => done(window.Stripe);
  element.onerror = () => { stripeJs = undefined; element.remove(); failed(new Error('The page of your bank could not be reached. Please try again.')); };
  document.head.append(element);
});
async function start(token) {
  const headers = { authorization: 'Bearer ' + token };
  const call = async (path, method) => {
    const reply = await fetch('/api/trips/' + id + path, { method, headers });
    const body = await reply.json();
    return { status: reply.status, body };
  };
  let busy = false;
  let confirmed = false;
  const show = async () => {
    const { status, body: trip } = await call('', 'GET');
    if (status !== 200) { sessionStorage.removeItem('token'); only('sign-in'); text($('why'), status === 404 ? 'This trip is not yours, or does not exist.' : 'Please sign in again.'); return false; }
    const journey = trip.origin + ' to ' + trip.destination + ' on ' + trip.departureDate;
    text($('journey'), journey); text($('journey-2'), journey);
    if (trip.outcome.code === 'confirm_payment' && !confirmed) {
      const left = new Date(trip.outcome.confirmBy) - Date.now();
      text($('left'), left > 0 ? 'You have ' + minutes(left) + ', until ' + new Date(trip.outcome.confirmBy).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' }) + '.' : 'The time is over.');
      text($('what'), trip.outcome.message.split('. ')[0] + '.');
      $('confirm').disabled = busy || left <= 0;
      only('ask');
      return true;
    }
    const waits = trip.outcome.code === 'confirm_payment' || trip.outcome.code === 'booking';
    text($('title'), trip.status === 'BOOKED' ? 'You are booked' : waits || trip.status === 'BOOKING' ? 'Thank you' : 'Nothing to confirm');
    text($('outcome'), trip.outcome.code === 'confirm_payment' ? 'Your bank confirmed the payment. We are buying the ticket now.' : trip.outcome.message);
    only('state');
    return trip.status === 'BOOKING';
  };
  $('confirm').onclick = async () => {
    busy = true; $('confirm').disabled = true; text($('problem'), ''); text($('confirm'), 'Asking your bank…');
    try {
      const { status, body } = await call('/confirm-payment', 'POST');
      if (status !== 200) throw new Error(body.detail);
      if (!body.publishableKey) throw new Error('Please confirm the payment in the app where you asked for this trip.');
      const Stripe = await loadStripe();
      const result = await Stripe(body.publishableKey).confirmCardPayment(body.clientSecret, { payment_method: body.paymentMethodId });
      if (result.error) throw new Error(result.error.message || 'Your bank did not confirm the payment.');
      confirmed = true;
      await call('/payment-confirmed', 'POST');
    } catch (error) { text($('problem'), error.message); }
    busy = false; text($('confirm'), 'Confirm with my bank'); $('confirm').disabled = false;
    await show();
  };
  // A failed request is repeated; the page follows the trip until it is decided.
  for (;;) {
    try { if (!(await show())) return; } catch {}
    await new Promise((again) => setTimeout(again, 2000));
  }
}
$('form').addEventListener('submit', (event) => { event.preventDefault(); const token = $('token').value.trim(); sessionStorage.setItem('token', token); start(token); });
const given = new URLSearchParams(location.hash.slice(1)).get('token');
if (given) { sessionStorage.setItem('token', given); history.replaceState(null, '', location.pathname); }
const kept = sessionStorage.getItem('token');
if (kept) start(kept); else only('sign-in');
`;

const BODY = `
<section id="sign-in" hidden>
<h1>Confirm your payment</h1>
<form class="card" id="form"><p id="why" class="soft">Sign in to confirm the payment of your trip.</p>
<label for="token">Access token</label><textarea id="token" rows="4" required autocomplete="off" spellcheck="false"></textarea>
<button>Go on</button></form>
</section>
<section id="ask" hidden>
<h1>Confirm your payment</h1>
<div class="card"><span class="soft" id="journey"></span><p id="what" style="margin:.4rem 0"></p><p class="soft" id="left" style="margin:.4rem 0"></p>
<p class="soft" style="margin:.4rem 0">Your bank asks who you are, then we buy the ticket. The amount is reserved, and taken once the ticket is there.</p>
<p id="problem" role="alert" style="margin:.4rem 0;font-weight:600"></p>
<button id="confirm" type="button">Confirm with my bank</button></div>
</section>
<section id="state" hidden aria-live="polite">
<h1 id="title"></h1>
<div class="card"><span class="soft" id="journey-2"></span><p id="outcome" style="margin:.4rem 0"></p><a id="to-trip">Follow the trip</a></div>
</section>`;

/** What Stripe.js needs, and nothing else. Source: Stripe, "Integration security guide", Content security policy. */
function policy(nonce: string, stripeJsUrl: string): string {
  const { origin } = new URL(stripeJsUrl);
  const stripe = origin === 'https://js.stripe.com';
  return [
    "default-src 'none'",
    `script-src 'nonce-${nonce}' ${origin}${stripe ? ' https://*.js.stripe.com' : ''}`,
    `connect-src 'self' ${stripe ? 'https://api.stripe.com' : origin}`,
    `frame-src ${stripe ? 'https://js.stripe.com https://*.js.stripe.com https://hooks.stripe.com' : "'none'"}`,
    "style-src 'unsafe-inline'",
    `img-src data:${stripe ? ' https://*.stripe.com' : ''}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/** `/trips/:id/confirm-payment`: where the mail leads. The page is public; the trip and its payment are not. */
export function confirmPaymentPage({ stripeJsUrl }: { readonly stripeJsUrl: string }): Router {
  const path = '/trips/:id/confirm-payment';
  const code = script(stripeJsUrl);
  const show: RequestHandler = (_req, res) => {
    res.locals.route = '/trips/{id}/confirm-payment';
    const nonce = randomBytes(16).toString('base64');
    res.set('Content-Security-Policy', policy(nonce, stripeJsUrl));
    res.type('html').send(pageShell('Confirm your payment', BODY, { nonce, code }));
  };
  return Router()
    .get(path, noStore, show)
    .all(path, onlyMethods(['GET'], '/trips/{id}/confirm-payment'));
}
