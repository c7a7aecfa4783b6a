import { randomBytes } from 'node:crypto';
import { type RequestHandler, Router } from 'express';
import { pageShell } from './shell.ts';

/** Runs in the browser: asks for the trip with the traveller's own token, then follows its events. */
const SCRIPT = `
const id = location.pathname.split('/').pop();
const $ = (name) => document.getElementById(name);
const text = (node, value) => { node.textContent = value; };
const WORDS = {
  'trip.created': 'You asked for this trip', 'trip.changed': 'You changed it', 'trip.resumed': 'You brought it back', 'trip.cancelled': 'You cancelled it',
  'trip.expired': 'The departure has passed', 'search.completed': 'We looked at the fares', 'booking.started': 'An offer fits', 'offer.selected': 'The price still holds',
  'payment.authorized': 'Money reserved', 'payment.declined': 'The card was declined', 'payment.captured': 'Money taken', 'payment.released': 'Money released', 'payment.refunded': 'Money refunded',
  'order.created': 'Ticket bought', 'order.adopted': 'Ticket found', 'order.unknown': 'Waiting for the airline', 'order.refused': 'The airline said no', 'order.not_found': 'The airline made no ticket', 'order.delayed': 'The airline asks for patience', 'offers.weighed': 'We compared the offers',
  'payment.unknown': 'Waiting for the bank', 'payment.capture_refused': 'The money could not be taken', 'booking.reopened': 'Something turned up late', 'booking.needs_human': 'A person is looking into it', 'order.cancelled': 'Ticket given back',
  'booking.confirmed': 'You are booked', 'booking.undoing': 'Undoing', 'booking.undone': 'Back to watching', 'booking.failed': 'Could not be booked', 'email.sent': 'Mail sent',
};
const NOISE = /Id$|^(number|considered|by|kind|offers|fitting)$/;
const shown = (one) => one && one.amount ? one.amount + ' ' + one.currency : /^\\d{4}-\\d\\d-\\d\\dT/.test(one) ? new Date(one).toLocaleString() : one;
const label = (key) => key.replace(/[A-Z]/g, (letter) => ' ' + letter.toLowerCase());
async function start(token) {
  const headers = { authorization: 'Bearer ' + token };
  const show = async () => {
    const reply = await fetch('/api/trips/' + id, { headers });
    if (!reply.ok) { sessionStorage.removeItem('token'); $('sign-in').hidden = false; text($('why'), reply.status === 404 ? 'This trip is not yours, or does not exist.' : 'Please sign in again.'); return false; }
    const trip = await reply.json();
    $('sign-in').hidden = true; $('trip').hidden = false;
    text($('route'), trip.origin + ' to ' + trip.destination);
    text($('dates'), trip.departureDate + (trip.returnDate ? ' to ' + trip.returnDate : '') + ' · at most ' + trip.maxPrice.amount + ' ' + trip.maxPrice.currency);
    text($('status'), trip.status.toLowerCase());
    text($('outcome'), trip.outcome.message);
    return true;
  };
  let last = '0';
  const follow = async () => {
    const reply = await fetch('/api/trips/' + id + '/events', { headers: { ...headers, 'last-event-id': last } });
    const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let buffer = ''; ;) {
      const { done, value } = await reader.read();
      if (done) return;
      buffer += value;
      const parts = buffer.split('\\n\\n');
      buffer = parts.pop();
      for (const part of parts) tell(part);
      await show();
    }
  };
  const tell = (part) => {
    const line = part.split('\\n').find((one) => one.startsWith('data: '));
    if (!line) return;
    const entry = JSON.parse(line.slice(6));
    last = String(entry.id);
    const item = document.createElement('li');
    const title = document.createElement('b'); text(title, WORDS[entry.type] || entry.type.replace(/[._]/g, ' '));
    const more = document.createElement('div'); more.className = 'soft';
    const detail = Object.entries(entry.detail).filter(([key, one]) => !NOISE.test(key) && one !== null).map(([key, one]) => label(key) + ' ' + shown(one)).join(' · ');
    text(more, new Date(entry.at).toLocaleTimeString() + (detail ? ' · ' + detail : ''));
    item.append(title, more); $('timeline').prepend(item);
  };
  // What breaks, the page or its stream, goes on where it was as soon as there is a server again.
  for (;;) {
    try {
      if (!(await show())) return;
      await follow();
    } catch {}
    await new Promise((again) => setTimeout(again, 2000));
  }
}
$('form').addEventListener('submit', (event) => { event.preventDefault(); const token = $('token').value.trim(); sessionStorage.setItem('token', token); start(token); });
const given = new URLSearchParams(location.hash.slice(1)).get('token');
if (given) { sessionStorage.setItem('token', given); history.replaceState(null, '', location.pathname); }
const kept = sessionStorage.getItem('token');
if (kept) start(kept); else $('sign-in').hidden = false;
`;

const BODY = `
<section id="sign-in" hidden>
<h1>Your trip</h1>
<form class="card" id="form"><p id="why" class="soft">Sign in to follow this trip.</p>
<label for="token">Access token</label><textarea id="token" rows="4" required autocomplete="off" spellcheck="false"></textarea>
<button>Show my trip</button></form>
</section>
<section id="trip" hidden>
<h1 id="route"></h1>
<div class="card"><b id="status"></b><p id="outcome" style="margin:.2rem 0"></p><span class="soft" id="dates"></span></div>
<div class="card"><ol id="timeline"></ol></div>
</section>`;

/** `/trips/:id`: the page a traveller may keep open while Parker watches. The page is public; the trip is not. */
export function tripPage(): Router {
  const show: RequestHandler = (_req, res) => {
    res.locals.route = '/trips/{id}';
    const nonce = randomBytes(16).toString('base64');
    res.set(
      'Content-Security-Policy',
      `default-src 'none'; style-src 'unsafe-inline'; img-src data:; connect-src 'self'; script-src 'nonce-${nonce}'; base-uri 'none'; frame-ancestors 'none'`,
    );
    res.type('html').send(pageShell('Your trip', BODY, { nonce, code: SCRIPT }));
  };
  return Router().get('/trips/:id', show);
}
