import { randomBytes } from 'node:crypto';
import { type RequestHandler, Router } from 'express';
import { onlyMethods } from '../middleware/methods.ts';
import { noStore } from '../middleware/no-store.ts';
import { pageShell } from './shell.ts';
import { FLIGHTS_BODY, FLIGHTS_SCRIPT } from './trip-flights.ts';

/** Runs in the browser: fetches the trip with the traveller's own token, then streams its events. */
const SCRIPT = `
const id = location.pathname.split('/').pop();
const $ = (name) => document.getElementById(name);
const text = (node, value) => { node.textContent = value; };
const WORDS = {
  'trip.created': 'You asked for this trip', 'trip.changed': 'You changed it', 'trip.resumed': 'You brought it back', 'trip.cancelled': 'You cancelled it', 'trip.corrected': 'We corrected the status',
  'trip.expired': 'The departure has passed', 'search.completed': 'We looked at the fares', 'booking.started': 'An offer fits', 'offer.selected': 'The price still holds',
  'payment.authorized': 'Money reserved', 'payment.declined': 'The card was declined', 'payment.captured': 'Money taken', 'payment.released': 'Money released', 'payment.refunded': 'Money refunded',
  'order.created': 'Ticket bought', 'order.adopted': 'Ticket found', 'order.unknown': 'Waiting for the airline', 'order.refused': 'The airline said no', 'order.not_found': 'The airline made no ticket', 'order.delayed': 'The airline asks for patience', 'offers.weighed': 'We compared the offers',
  'payment.unknown': 'Waiting for the bank', 'payment.confirmation_needed': 'Your bank wants you to confirm', 'payment.confirmation_reported': 'You confirmed the payment', 'payment.capture_refused': 'The money could not be taken', 'booking.reopened': 'Something turned up late', 'booking.needs_human': 'A person is looking into it', 'booking.release_requested': 'You asked not to wait', 'order.cancelled': 'Ticket given back',
  'booking.confirmed': 'You are booked', 'booking.undoing': 'Undoing', 'booking.undone': 'Back to watching', 'booking.failed': 'Could not be booked', 'booking.cancel_requested': 'You asked to cancel the booking', 'booking.cancel_refused': 'The booking was not cancelled', 'booking.cancelled': 'The booking is cancelled', 'email.sent': 'Mail sent',
  'order.changed': 'The airline changed your flights', 'order.change_accept_requested': 'You accepted the new flights', 'order.change_accepted': 'The new flights are accepted', 'order.change_refused': 'The airline did not take your acceptance', 'order.cancelled_by_airline': 'The airline cancelled your booking', 'tickets.issued': 'Tickets issued',
  'refund.succeeded': 'The bank confirmed the refund', 'refund.failed': 'The refund failed', 'dispute.opened': 'The payment is disputed', 'dispute.changed': 'The dispute moved', 'dispute.closed': 'The dispute is over',
};
const ASKED = { traveller: 'you', airline: 'the airline', operator: 'our team' };
const CANCELLATION = { under_way: 'The cancellation is under way.', cancelled: '', refused: 'The booking was not cancelled.', needs_person: 'A person is looking into the cancellation and will write to you.' };
const REFUND = { none: 'nothing is refunded', unknown: 'not known yet', requested: 'requested from the bank', pending: 'on its way; the bank has not confirmed it yet', arrived: 'confirmed by the bank; it shows on the card within days', failed: 'failed; a person arranges another way', resolved: 'made good in another way' };
const DISPUTE = { won: 'over; the payment stands', warning_closed: 'over; the payment stands', lost: 'over; the bank gave the money back' };
const day = (at) => new Date(at).toLocaleDateString(undefined, { day: 'numeric', month: 'long', year: 'numeric' });
function afterTicket({ booking }) {
  const rows = [];
  const c = booking && booking.cancellation;
  if (booking) rows.push(['Reference', booking.bookingReference + ' · ' + booking.status.toLowerCase()], ['Paid', booking.price.amount + ' ' + booking.price.currency]);
  if (c) {
    rows.push(['Cancellation asked by', ASKED[c.requestedBy] + ', ' + day(c.requestedAt)]);
    if (CANCELLATION[c.status]) rows.push(['State', CANCELLATION[c.status] + (c.reason ? ' ' + c.reason : '')]);
    if (c.status !== 'refused') rows.push(['Refund', (c.refund.amount && c.refund.status !== 'none' ? c.refund.amount.amount + ' ' + c.refund.amount.currency + ', ' : '') + REFUND[c.refund.status]]);
  }
  const d = booking && booking.dispute;
  if (d) rows.push(['Dispute at the bank', d.amount.amount + ' ' + d.amount.currency + ', ' + (DISPUTE[d.status] || 'open')]);
  $('booking').hidden = rows.length === 0;
  $('booking').replaceChildren(...rows.flatMap(([name, value]) => ['dt', 'dd'].map((tag, at) => { const node = document.createElement(tag); text(node, at ? value : name); return node; })));
}
${FLIGHTS_SCRIPT}const NOISE = /Id$|^(number|considered|by|kind|offers|fitting|code|outcome|requestedBy|autoBook)$/;
const FOR_OPS = ['ops.alerted'];
const shown = (one) => one && one.amount ? one.amount + ' ' + one.currency : /^\\d{4}-\\d\\d-\\d\\dT/.test(one) ? new Date(one).toLocaleString() : one;
const label = (key) => key.replace(/[A-Z]/g, (letter) => ' ' + letter.toLowerCase());
$('confirm-payment').href = '/trips/' + id + '/confirm-payment';
async function start(token) {
  const headers = { authorization: 'Bearer ' + token };
  const show = async () => {
    const reply = await fetch('/api/trips/' + id, { headers });
    if (!reply.ok) { sessionStorage.removeItem('token'); $('sign-in').hidden = false; text($('why'), reply.status === 404 ? 'This trip is not yours, or does not exist.' : 'Please sign in again.'); return false; }
    const trip = await reply.json();
    $('sign-in').hidden = true; $('trip').hidden = false;
    text($('route'), trip.origin + ' to ' + trip.destination);
    text($('dates'), trip.departureDate + (trip.returnDate ? ' to ' + trip.returnDate : '') + ' · at most ' + trip.maxPrice.amount + ' ' + trip.maxPrice.currency);
    text($('status'), trip.status.toLowerCase()); $('status').className = 'status ' + trip.status.toLowerCase();
    text($('outcome'), trip.outcome.message);
    $('release').hidden = !trip.outcome.waitsUntil;
    $('to-confirm').hidden = !trip.outcome.confirmBy;
    afterTicket(trip);
    flights(trip);
    return true;
  };
  $('release').onsubmit = async (event) => {
    event.preventDefault();
    const body = JSON.stringify({ ticketMayStillTurnUp: $('understood').checked });
    const reply = await fetch('/api/trips/' + id + '/release', { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body });
    if (!reply.ok) return text($('outcome'), (await reply.json()).detail);
    await show();
  };
  act = async (path) => {
    const reply = await fetch(path, { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body: '{}' });
    if (!reply.ok) text($('change-says'), (await reply.json()).detail);
    else await show();
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
    if (FOR_OPS.includes(entry.type)) return;
    const item = document.createElement('li');
    const title = document.createElement('b'); text(title, WORDS[entry.type] || entry.type.replace(/[._]/g, ' '));
    const more = document.createElement('div'); more.className = 'soft';
    const detail = Object.entries(entry.detail).filter(([key, one]) => !NOISE.test(key) && one !== null).map(([key, one]) => label(key) + ' ' + shown(one)).join(' · ');
    text(more, new Date(entry.at).toLocaleTimeString() + (detail ? ' · ' + detail : ''));
    item.append(title, more); $('timeline').prepend(item);
  };
  // A failed request or a broken stream is repeated every 2 s, and resumes after the last event.
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
<div class="card"><b id="status"></b><p id="outcome" style="margin:.2rem 0"></p><p id="to-confirm" style="margin:.6rem 0" hidden><a class="button" id="confirm-payment">Confirm the payment</a></p><span class="soft" id="dates"></span><dl id="booking" hidden></dl></div>
<form class="card" id="release" hidden><p class="soft">You need not wait for the airline.</p>
<label><input type="checkbox" id="understood" required> I understand that a ticket may still turn up, and that it is then cancelled if its fare allows.</label>
<button>Release my money</button></form>
${FLIGHTS_BODY}
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
  return Router()
    .get('/trips/:id', noStore, show)
    .all('/trips/:id', onlyMethods(['GET'], '/trips/{id}'));
}
