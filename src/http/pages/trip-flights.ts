/** Part of the trip page's script: the flights as they are now, and what the airline changed, old beside new. */
export const FLIGHTS_SCRIPT = `
const make = (tag, words, name) => { const node = document.createElement(tag); if (words) text(node, words); if (name) node.className = name; return node; };
const flightDay = (local) => new Date(local + 'Z').toLocaleDateString(undefined, { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' });
const at = (local, code, terminal) => local.slice(11, 16) + ' ' + code + (terminal ? ', Terminal ' + terminal : '');
function flight(s) {
  const node = make('div', '', 'flight');
  const known = [s.operatedBy && 'Operated by ' + s.operatedBy, s.aircraft].filter(Boolean);
  const overnight = s.departingAtLocal.slice(0, 10) === s.arrivingAtLocal.slice(0, 10) ? '' : ', ' + flightDay(s.arrivingAtLocal);
  node.append(make('div', flightDay(s.departingAtLocal) + ' · ' + s.carrier + ' ' + s.flightNumber, 'soft'),
    make('b', at(s.departingAtLocal, s.origin, s.departureTerminal)), make('div', at(s.arrivingAtLocal, s.destination, s.arrivalTerminal) + overnight));
  if (known.length) node.append(make('div', known.join(' · '), 'soft'));
  return node;
}
const slices = (list, none) => list.length ? list.flatMap((slice) => slice.segments.map(flight)) : [make('div', none, 'soft')];
const column = (title, list, none) => { const node = make('div'); node.append(make('h3', title), ...slices(list, none)); return node; };
function flights({ booking }) {
  const standing = booking && booking.status === 'CONFIRMED';
  $('flights').hidden = !standing;
  const last = standing && booking.changes.at(-1);
  $('change').hidden = !last || last.state === 'superseded' || last.state === 'declined';
  if (!standing) return;
  const tickets = booking.ticketNumbers.length ? 'Tickets ' + booking.ticketNumbers.join(', ') : 'Ticket numbers to follow';
  $('flights').replaceChildren(make('h2', 'Your flights'), ...slices(booking.itinerary, 'None'), make('p', tickets + '. All times are local to the airport.', 'soft'));
  if (!last) return;
  text($('change-says'), last.message);
  $('compared').replaceChildren(column('Before', last.before, 'None'), column('Now', last.after, 'No longer flown'));
  $('accept').hidden = !last.acceptable;
  $('give-up').hidden = last.state === 'accepted' || (booking.cancellation && booking.cancellation.status !== 'refused');
  $('accept').onclick = () => act('/api/bookings/' + booking.id + '/changes/' + last.id + '/accept');
  $('give-up').onclick = () => { if (window.confirm('Cancel this booking?')) act('/api/bookings/' + booking.id + '/cancel'); };
}
let act = () => undefined;
`;

/** The part of the page that the script fills. */
export const FLIGHTS_BODY = `<div class="card" id="change" hidden><h2>The airline changed your flights</h2><p id="change-says"></p>
<div id="compared" class="compared"></div><p class="buttons"><button id="accept">Accept the new flights</button> <button id="give-up" class="quiet">Cancel the booking</button></p></div>
<div class="card" id="flights" hidden></div>`;
