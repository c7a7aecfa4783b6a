import { afterAll, beforeAll, expect, test } from 'vitest';
import { confirmationOf, confirmInBrowser } from '../support/browser.ts';
import { inDays } from '../support/client.ts';
import { createHarness, type Harness } from '../support/harness.ts';
import { callsTo, expectNothingBought } from '../support/ledger.ts';
import { mailArrives } from '../support/mail.ts';
import { until } from '../support/until.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await createHarness();
  const { prices, documentRoutes } = harness.sandbox.duffel;
  for (const destination of ['NRT', 'JFK', 'SIN'])
    prices.pin('LHR', destination, { amount: '399.00', currency: 'GBP', refundable: true });
  documentRoutes.set('LHR-NRT', ['passport']);
  documentRoutes.set('LHR-SIN', ['tax_id']);
}, 120_000);
afterAll(() => harness.stop());

const passport = (number: string, days = 400) => ({
  type: 'passport',
  number,
  issuingCountry: 'GB',
  expiresOn: inDays(days),
});

test('an offer that needs passports is passed over until every traveller has one, and the traveller learns why', async () => {
  const email = 'passports@traveller.example';
  const user = await harness.user(undefined, { email });
  const infant = await user.traveler({ givenName: 'Anne', bornOn: inDays(-200) });
  const request = await user.tripRequest({ destination: 'NRT' });
  const [adult] = request.travelerIds as [string];
  const trip = await user.made('/api/trips', { ...request, travelerIds: [infant, adult] });
  const waiting = await user.reaches(trip.id, 'documents_needed');
  expect(waiting.outcome.message).toContain('2 of 2 travellers have none');
  const { body: offers } = await user.call('GET', `/api/trips/${trip.id}/offers`);
  expect(offers.data[0].objections).toEqual([
    'needs a passport of each traveller: 2 of 2 travellers have none',
  ]);
  const searched = (await user.timeline(trip.id)).filter(({ type }) => type === 'search.completed');
  expect(new Set(searched.map(({ detail }) => detail.outcome))).toEqual(new Set(['documents_needed']));
  expect((await mailArrives(harness.sandbox, email, /./)).text).toContain('2 of 2 travellers have none');

  // One has a passport, that of the other ends before the trip does.
  await user.call('PATCH', `/api/travelers/${adult}`, { identityDocument: passport('533380006') });
  await user.call('PATCH', `/api/travelers/${infant}`, { identityDocument: passport('533380007', 60) });
  await until('the trip to say what is missing now', async () =>
    (await user.read(trip.id)).outcome.message.includes('1 of 2 travellers have one that does not outlast'),
  );
  expectNothingBought(harness.sandbox);
  expect(callsTo(harness.sandbox, 'stripe.payment_intents.create')).toBe(0);

  await user.call('PATCH', `/api/travelers/${infant}`, { identityDocument: passport('533380007') });
  const { booking } = await user.reaches(trip.id, 'BOOKED');
  const order = harness.sandbox.duffel.orders.all.get(booking?.orderId ?? '');
  const documents = order?.passengers.map(
    ({ identity_documents }) => (identity_documents as [{ unique_identifier: string }])[0].unique_identifier,
  );
  expect(documents).toEqual(['533380006', '533380007']);
}, 60_000);

test('a payment that is confirmed on session buys such an offer, too', async () => {
  const user = await harness.user();
  const request = await user.tripRequest({ destination: 'NRT' }, 'pm_card_authenticationRequired');
  const [traveler] = request.travelerIds as [string];
  await user.call('PATCH', `/api/travelers/${traveler}`, { identityDocument: passport('533380008') });
  const { id } = await user.made('/api/trips', request);
  await user.reaches(id, 'confirm_payment');
  await confirmInBrowser(harness, await confirmationOf(user, id));
  await user.reaches(id, 'BOOKED');
});

test('an offer that takes no passports is passed over, whatever passports there are', async () => {
  const user = await harness.user();
  const request = await user.tripRequest({ destination: 'SIN' });
  await user.call('PATCH', `/api/travelers/${(request.travelerIds as string[])[0]}`, {
    identityDocument: passport('533380006'),
  });
  const { id } = await user.made('/api/trips', request);
  await user.reaches(id, 'no_match');
  const { body } = await user.call('GET', `/api/trips/${id}/offers`);
  expect(body.data[0].objections.join()).toMatch(/documents other than passports/);
});

test('a loyalty account gets its fare, goes into the order, and stays out of what is kept of the search', async () => {
  const user = await harness.user();
  const request = await user.tripRequest();
  await user.call('PATCH', `/api/travelers/${(request.travelerIds as string[])[0]}`, {
    givenName: 'Amelia',
    familyName: 'Earhart',
    loyaltyAccounts: [{ airline: 'ZZ', number: '1234567890' }],
  });
  const { id } = await user.made('/api/trips', request);
  const { booking } = await user.reaches(id, 'BOOKED');
  expect(booking?.price).toEqual({ amount: '359.10', currency: 'GBP' });
  const order = harness.sandbox.duffel.orders.all.get(booking?.orderId ?? '');
  expect(order?.passengers[0]?.loyalty_programme_accounts).toHaveLength(1);
});
