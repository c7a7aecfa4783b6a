import { beforeEach, expect, test } from 'vitest';
import { caseSettings } from '../../src/app/case-settings.ts';
import type { Money } from '../../src/domain/money.ts';
import type { Authorization } from '../../src/ports/payments.ts';
import { actOnCase } from '../../src/services/cases/act.ts';
import type { CasePorts, CaseRequest } from '../../src/services/cases/ports.ts';
import { CASE_STORAGES, type CaseStorage } from '../support/case-storages.ts';

const inMemory = CASE_STORAGES[1].open;
const settings = (limit: number, currency = 'GBP') =>
  caseSettings({ CASE_TWO_PEOPLE_ABOVE: limit, FUSE_CURRENCY: currency });
let storage: CaseStorage;
let id: string;
beforeEach(async () => {
  storage = await inMemory();
  id = await storage.addAttempt('NEEDS_HUMAN', 1_000, 'pi_1');
});

const RESERVED: Authorization = {
  paymentIntentId: 'pi_1',
  status: 'authorized',
  amount: { minor: 30_000, currency: 'GBP' },
  capturedMinor: 0,
  refundedMinor: 0,
  captureBefore: null,
  attemptId: null,
  tripId: null,
  madeBy: 'us',
} as Authorization;
const act = (action: CaseRequest['action'], who: string, limit: number, now: Partial<Authorization> = {}) =>
  actOnCase(
    {
      cases: storage.cases,
      payments: { authorization: async () => ({ ...RESERVED, ...now }) },
      flights: {},
      clock: { now: () => new Date() },
      afterCommit: () => undefined,
      caseSettings: settings(limit),
    } as unknown as CasePorts,
    { id, action, who, statement: { noOrder: true }, reason: 'a test', correlationId: null },
  );

test('close asks the vendors first: money that is still reserved keeps the case open', async () => {
  await expect(act('close', 'ada', 1_000)).rejects.toThrow(/still reserved/);
  expect((await storage.attempt(id)).status).toBe('NEEDS_HUMAN');
  expect((await act('close', 'ada', 1_000, { status: 'voided' })).state).toBe('accepted');
  expect((await storage.attempt(id)).status).toBe('PENDING');
});

test('above the limit one person proposes and another confirms; at the limit one decides', async () => {
  expect((await act('release', 'ada', 299)).state).toBe('proposed');
  await expect(act('release', 'ada', 299)).rejects.toThrow(/second person/);
  expect((await storage.attempt(id)).status).toBe('NEEDS_HUMAN');
  expect((await act('release', 'bob', 299)).state).toBe('accepted');
  expect((await storage.attempt(id)).status).toBe('PENDING');
  id = await storage.addAttempt('NEEDS_HUMAN', 1_000, 'pi_1');
  expect((await act('release', 'ada', 300)).state).toBe('accepted');
});

test.each<[boolean, Money]>([
  [false, { minor: 100_000, currency: 'GBP' }],
  [true, { minor: 100_001, currency: 'GBP' }],
  // About 400 and 1,600 pounds.
  [false, { minor: 800_000, currency: 'KRW' }],
  [true, { minor: 3_200_000, currency: 'KRW' }],
  [false, { minor: 85_000, currency: 'JPY' }],
  [true, { minor: 340_000, currency: 'JPY' }],
  // 900 dinars are far more than 1,000 pounds.
  [true, { minor: 900_000, currency: 'KWD' }],
])('two people: %s for %o, with a limit of 1000 pounds', (two, stake) => {
  expect(settings(1_000).needsTwoPeople(stake)).toBe(two);
});
