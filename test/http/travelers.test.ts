import { afterAll, beforeAll, expect, test } from 'vitest';
import { ADA } from '../../scripts/support/ada.ts';
import { type Client, inDays } from '../support/client.ts';
import { createHarness, type Harness } from '../support/harness.ts';

let harness: Harness;
let user: Client;
beforeAll(async () => {
  harness = await createHarness({ queues: [] });
  user = await harness.user();
});
afterAll(() => harness.stop());

const PASSPORT = { type: 'passport', number: '533 380-00a6', issuingCountry: 'GB', expiresOn: inDays(400) };
const ACCOUNTS = [
  { airline: 'ZZ', number: '1234 567-890' },
  { airline: 'BA', number: 'GOLD12' },
];
const add = (changes: object) => user.call('POST', '/api/travelers', { ...ADA, ...changes });
const change = (id: string, changes: object) => user.call('PATCH', `/api/travelers/${id}`, changes);
const read = async (id: string) => (await user.call('GET', `/api/travelers/${id}`)).body;

test.each([
  ['José', 'José'],
  ['Jose\u0301', 'José'],
  ['Łukasz', 'Łukasz'],
  ['O\u2019Brien', "O'Brien"],
  ['Anne\u2011Marie  van', 'Anne-Marie van'],
])('the name %s is taken as %s', async (given, taken) => {
  expect((await add({ familyName: given })).body.familyName).toBe(taken);
});

test('somebody with one name gives the family name alone; the ticket says FNU', async () => {
  const { givenName: _, ...ada } = ADA;
  const reply = await user.call('POST', '/api/travelers', ada);
  expect([reply.status, reply.body.givenName]).toEqual([201, 'FNU']);
});

test('a phone number is kept as it is dialled', async () => {
  expect((await add({ phone: '+44 (20) 8016-0509' })).body.phone).toBe('+442080160509');
});

test('a passport is kept, and its number never shown; loyalty accounts are shown', async () => {
  const { status, body } = await add({ identityDocument: PASSPORT, loyaltyAccounts: ACCOUNTS });
  const { number: _, ...shown } = PASSPORT;
  const seen = {
    identityDocument: { ...shown, numberEnding: '0A6' },
    loyaltyAccounts: [
      { airline: 'ZZ', number: '1234567890' },
      { airline: 'BA', number: 'GOLD12' },
    ],
  };
  expect([status, body]).toEqual([201, expect.objectContaining(seen)]);
  expect(await read(body.id)).toEqual(body);
  const list = await user.call('GET', '/api/travelers');
  expect(list.body.data[0]).toEqual(body);
  const rows = await harness.database.query(`select t::text from travelers t where id = '${body.id}'`);
  expect(JSON.stringify([body, list.body, rows])).not.toContain('53338');
});

test.each<[name: string, change: object, field: string]>([
  [
    'a passport that has expired',
    { identityDocument: { ...PASSPORT, expiresOn: inDays(-1) } },
    'identityDocument.expiresOn',
  ],
  [
    'a passport that ends on no day',
    { identityDocument: { ...PASSPORT, expiresOn: '2027-02-30' } },
    'identityDocument.expiresOn',
  ],
  [
    'a passport of no country',
    { identityDocument: { ...PASSPORT, issuingCountry: 'XX' } },
    'identityDocument.issuingCountry',
  ],
  [
    'a passport of three letters',
    { identityDocument: { ...PASSPORT, issuingCountry: 'GBR' } },
    'identityDocument.issuingCountry',
  ],
  ['a masked number', { identityDocument: { ...PASSPORT, number: '•••••0A6' } }, 'identityDocument.number'],
  [
    'a document of another type',
    { identityDocument: { ...PASSPORT, type: 'tax_id' } },
    'identityDocument.type',
  ],
  [
    'a document without its number',
    { identityDocument: { ...PASSPORT, number: undefined } },
    'identityDocument.number',
  ],
  ['two accounts of one airline', { loyaltyAccounts: [ACCOUNTS[0], ACCOUNTS[0]] }, 'loyaltyAccounts'],
  [
    'an account of no airline',
    { loyaltyAccounts: [{ airline: 'zzz', number: '123' }] },
    'loyaltyAccounts.0.airline',
  ],
  ['a name that is too long', { givenName: 'A'.repeat(21) }, 'givenName'],
])('%s: 422 that names the field, and nothing changes', async (_name, changes, field) => {
  const refused = await add(changes);
  expect([refused.status, refused.body.errors[0].field]).toEqual([422, field]);
  const { body } = await add({ identityDocument: PASSPORT });
  const patched = await change(body.id, changes);
  expect([patched.status, patched.body.errors[0].field]).toEqual([422, field]);
  expect(await read(body.id)).toEqual(body);
});

test('what is changed is changed alone; null deletes the passport; an empty change is refused', async () => {
  const { body } = await add({ identityDocument: PASSPORT, loyaltyAccounts: ACCOUNTS });
  const renamed = await change(body.id, { familyName: 'Byron' });
  expect([renamed.status, renamed.body]).toEqual([200, { ...body, familyName: 'Byron' }]);
  const forgotten = await change(body.id, { identityDocument: null, loyaltyAccounts: [] });
  expect(forgotten.body).toEqual({ ...renamed.body, identityDocument: null, loyaltyAccounts: [] });
  expect(await read(body.id)).toEqual(forgotten.body);
  expect((await change(body.id, {})).status).toBe(422);
  expect((await change(crypto.randomUUID(), { familyName: 'Byron' })).status).toBe(404);
});

test('changes at once do not undo each other', async () => {
  const { body } = await add({});
  const fields = {
    title: 'dr',
    givenName: 'Augusta',
    familyName: 'King',
    email: 'king@traveller.example',
    identityDocument: PASSPORT,
  };
  const replies = await Promise.all(
    Object.entries(fields).map(([field, value]) => change(body.id, { [field]: value })),
  );
  expect(replies.map(({ status }) => status)).toEqual(replies.map(() => 200));
  const { identityDocument: _, ...person } = fields;
  expect(await read(body.id)).toMatchObject({ ...person, identityDocument: { numberEnding: '0A6' } });
});

test('on an open trip the date of birth stays, for its fares are for that age; the rest may be corrected', async () => {
  const trip = await user.trip();
  const [id] = (await user.call('GET', `/api/trips/${trip.id}`)).body.travelerIds;
  const refused = await change(id, { bornOn: inDays(-365 * 9) });
  expect([refused.status, refused.body.errors[0].field]).toEqual([409, 'bornOn']);
  expect((await change(id, { familyName: 'King', bornOn: ADA.bornOn })).status).toBe(200);
  await user.call('POST', `/api/trips/${trip.id}/cancel`);
  expect((await change(id, { bornOn: '1990-01-01' })).status).toBe(200);
});
