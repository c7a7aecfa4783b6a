import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { ROOT } from '../../scripts/support/process.ts';
import { casesOf, expectRefused, truthOf, unpaidTicket } from '../support/cases.ts';
import { createHarness, type Harness } from '../support/harness.ts';
import { until } from '../support/until.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await createHarness({ env: { CASE_TWO_PEOPLE_ABOVE: '200' } });
});
afterAll(() => harness.stop());
afterEach(() => harness.sandbox.faults.clear());
const { operator, ofTrip, act } = casesOf(() => harness);

const actionsOf = (id: string) =>
  harness.database.query('select actor, second_actor, reason from case_actions where case_id = $1', [id]);

test('viewers read and do not act; travellers do neither; bad input says what is wrong, and nothing is written', async () => {
  const ada = await operator();
  const { user, tripId } = await unpaidTicket(harness);
  const viewer = await harness.user(undefined, { roles: ['viewer'] });
  const { id } = await ofTrip(viewer, tripId);
  expect((await act(viewer, id, 'capture')).status).toBe(403);
  expect((await user.call('GET', '/api/ops/cases')).status).toBe(403);
  expect((await act(user, id, 'capture')).status).toBe(403);
  const bad = await ada.call('POST', `/api/ops/cases/${id}/capture`, { reason: '', loss: true });
  expect([bad.status, bad.body.errors.length]).toEqual([422, 2]);
  expect((await act(ada, 'nothing', 'close')).status).toBe(404);
  expectRefused(await act(ada, id, 'capture', { version: 'e0-0' }), /changed since you read it/);
  expect(await actionsOf(id)).toEqual([]);
});

test('taken by one, not by another unless taken over; alerts repeat until then', async () => {
  const [ada, bob] = [await operator(), await operator()];
  const { tripId } = await unpaidTicket(harness);
  const { id } = await ofTrip(ada, tripId);
  await harness.database.query(
    `update booking_attempts set updated_at = now() - interval '20 minutes' where id = $1`,
    [id],
  );
  const alerts = () =>
    harness.database.query(`select 1 from notifications where dedupe_key like $1`, [
      `ops_alert:case:${id}:%`,
    ]);
  const sweep = (jobId: string) => harness.web.publisher.queues.monitor.add('reconcile', {}, { jobId });
  await sweep('cases-untaken');
  await until('the alert', async () => (await alerts()).length === 1);
  const take = (who: typeof ada, over = false) => who.call('POST', `/api/ops/cases/${id}/take`, { over });
  expect((await take(ada)).body.takenBy).toBe(ada.sub);
  expectRefused(await take(bob), /has taken it/);
  expect((await take(bob, true)).body.takenBy).toBe(bob.sub);
});

test('above the limit two people decide the same; the reason stays with ops', async () => {
  const [ada, bob, eve] = [await operator(), await operator(), await operator()];
  const { user, tripId } = await unpaidTicket(harness);
  const { id } = await ofTrip(ada, tripId);
  expect((await act(ada, id, 'cancel-order', { acceptLoss: true })).body.state).toBe('proposed');
  expectRefused(await act(ada, id, 'cancel-order', { acceptLoss: true }), /second person/);
  // Another action is another proposal; the first one is void.
  expect((await act(bob, id, 'capture')).body.state).toBe('proposed');
  await harness.database.query(
    `update cases set proposed_at = now() - interval '61 minutes' where case_id = $1`,
    [id],
  );
  expect((await act(eve, id, 'capture')).body.state).toBe('proposed');
  expect(truthOf(harness, tripId).payments).toEqual(['requires_capture']);
  expect((await act(bob, id, 'capture')).body.state).toBe('accepted');
  await user.reaches(tripId, 'BOOKED');
  expect(await actionsOf(id)).toEqual([
    { actor: eve.sub, second_actor: bob.sub, reason: 'capture in a test' },
  ]);
  // The same decision again is answered as it was; another one is refused.
  expect((await act(bob, id, 'capture')).status).toBe(202);
  expectRefused(await act(ada, id, 'release'), /was ended/);
  const timeline = JSON.stringify((await user.call('GET', `/api/trips/${tripId}/timeline`)).body);
  expect(timeline).toContain('case.decided');
  expect(timeline).not.toContain('in a test');
  const ops = await harness.database.query(`select action from ops_audits where target ->> 'caseId' = $1`, [
    id,
  ]);
  expect(ops.map(({ action }) => action)).toContain('case.decided capture');
});

test('of ten confirmations at once one is carried out', async () => {
  const people = await Promise.all(Array.from({ length: 10 }, operator));
  const { user, tripId } = await unpaidTicket(harness);
  const [first] = people;
  const { id } = await ofTrip(first!, tripId);
  await act(first!, id, 'capture');
  await Promise.all(people.slice(1).map((who) => act(who, id, 'capture')));
  await user.reaches(tripId, 'BOOKED');
  expect(await actionsOf(id)).toHaveLength(1);
  expect(truthOf(harness, tripId).payments).toEqual(['succeeded']);
});

test('at a terminal: a proven person lists, reads and decides; without a token nobody does', async () => {
  const { tripId } = await unpaidTicket(harness);
  const { id } = await ofTrip(await operator(), tripId);
  const token = await harness.sandbox.auth.token({ sub: 'grace', roles: ['operator'] });
  const parker = async (words: string[], env: Record<string, string> = {}) => {
    const options = { cwd: ROOT, env: { ...process.env, ...harness.env, ...env } };
    try {
      const { stdout, stderr } = await promisify(execFile)(
        process.execPath,
        ['src/bin/parker.ts', ...words],
        options,
      );
      return { code: 0, said: stdout + stderr };
    } catch (error) {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
      return { code, said: stdout + stderr };
    }
  };
  const listed = await parker(['cases']);
  expect(listed.said).toMatch(new RegExp(`${id} +attempt +order_not_refundable +300.00 GBP`));
  const decide = ['case', id, 'capture', '--reason', 'the airline confirmed it'];
  expect(await parker(decide)).toMatchObject({ code: 2, said: expect.stringContaining('must be proven') });
  expect((await parker(decide, { PARKER_TOKEN: token })).said).toContain('capture proposed');
  expect((await parker(['case', id])).said).toMatch(/proposed +capture by grace/);
}, 60_000);
