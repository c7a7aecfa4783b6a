import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { openCommandPorts } from '../../src/app/commands.ts';
import { runCommand } from '../../src/commands/index.ts';
import { createHarness, type Harness } from '../support/harness.ts';

let harness: Harness;
let folder: string;
const said: string[] = [];
beforeAll(async () => {
  harness = await createHarness({ queues: [] });
  folder = mkdtempSync(join(tmpdir(), 'parker-'));
  for (const stream of ['log', 'error'] as const)
    vi.spyOn(console, stream).mockImplementation((line) => void said.push(String(line)));
});
afterAll(async () => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
  await harness.stop();
});
beforeEach(async () => {
  said.length = 0;
  await harness.database.query(`update fuse set state = 'blown', reason = 'test', rearm_asked_by = null`);
});

/** Exit code and last words of `npx parker …`. */
async function parker(line: string, env: Record<string, string | undefined> = {}) {
  const all = { ...harness.env, ...env };
  return { code: await runCommand(line.split(' '), all, openCommandPorts), said: said.at(-1) };
}
const tokenOf = (sub: string, roles = ['operator'], more = {}) =>
  harness.sandbox.auth.token({ sub, roles, ...more });
async function fuseRow() {
  const [row] = await harness.database.query<{ state: string; asked: string | null }>(
    'select state, rearm_asked_by as asked from fuse',
  );
  return row;
}

test('says what is reserved, what was credited and what is used of each bound, as the next charge will count it', async () => {
  const charge = (minor: number, userId: string, credited: boolean) =>
    harness.database.query(
      `insert into fuse_charges (attempt_id, tries, user_id, at, minor, currency, credited_at)
       values (gen_random_uuid(), 1, $1, now(), $2, 'GBP', case when $3 then now() end)`,
      [userId, minor, credited],
    );
  await harness.database.query(`update fuse set state = 'armed', armed_at = null`);
  await charge(39_900, 'ada', false);
  await charge(10_100, 'ada', true);
  await charge(25_000, 'bob', false);
  await harness.database.query(
    `insert into fuse_minutes (minute, currency, spent_minor, bookings, unknowns)
     values (date_trunc('minute', now()), 'GBP', 75000, 3, 0), (date_trunc('minute', now()), 'XXX', 0, 0, 2),
       -- Should the minute end meanwhile.
       (date_trunc('minute', now()) + interval '1 minute', 'GBP', 0, 3, 0)`,
  );
  const bounds = { FUSE_SPEND_PER_HOUR: '2000', FUSE_BOOKINGS_PER_MINUTE: '9', FUSE_UNKNOWNS_PER_HOUR: '7' };
  const users = { FUSE_USER_SPEND_PER_HOUR: '500', FUSE_USER_BOOKINGS_PER_HOUR: '4' };
  expect((await parker('fuse', { ...bounds, ...users })).code).toBe(0);
  expect(said).toEqual([
    'fuse: armed, new bookings may begin',
    '  spend in this hour        649.00 of 2000.00 GBP; 101.00 GBP credited',
    '  bookings in this minute   3 of 9',
    '  unknown in this hour      2 of 7',
    '  user ada: 399.00 of 500.00 GBP, 2 of 4 bookings in the last hour',
    '  user bob: 250.00 of 500.00 GBP, 1 of 4 bookings in the last hour',
  ]);
  await harness.database.query('delete from fuse_minutes');
  await harness.database.query('delete from fuse_charges');
});

test('a name that is only claimed rearms nothing; two proven people do, and are on record', async () => {
  for (const name of ['ada', 'bob']) {
    const answer = await parker(`fuse rearm --as ${name}`);
    expect([answer.code, answer.said]).toEqual([2, expect.stringContaining('must be proven')]);
  }
  expect(await fuseRow()).toEqual({ state: 'blown', asked: null });
  expect((await parker('fuse rearm', { PARKER_TOKEN: await tokenOf('ada') })).code).toBe(1);
  expect(await fuseRow()).toEqual({ state: 'blown', asked: 'ada' });
  const file = join(folder, 'token');
  writeFileSync(file, `${await tokenOf('bob', ['admin'])}\n`);
  expect((await parker(`fuse rearm --as bob --token-file ${file}`)).code).toBe(0);
  const acts = await harness.database.query<{ act: string }>(
    `select action || ' ' || actor as act from ops_audits where action like 'fuse.rearm%' order by id`,
  );
  expect(acts.map(({ act }) => act)).toEqual([
    'fuse.rearm_asked operator:ada',
    'fuse.rearm_confirmed operator:bob',
  ]);
});

test('one person with two tokens, at the terminal and over HTTP, stays one person', async () => {
  const ada = await harness.user('ada', { roles: ['operator'] });
  expect((await ada.call('POST', '/api/ops/fuse/rearm')).body).toMatchObject({ rearmAskedBy: 'ada' });
  for (const roles of [['operator'], ['admin']]) {
    const answer = await parker('fuse rearm', { PARKER_TOKEN: await tokenOf('ada', roles) });
    expect([answer.code, answer.said]).toEqual([2, expect.stringContaining('a second person must confirm')]);
  }
  expect(await fuseRow()).toEqual({ state: 'blown', asked: 'ada' });
});

test('a token that is forged, expired, without the role, or another’s than --as says is refused', async () => {
  const [head, body, signature] = (await tokenOf('ada')).split('.') as [string, string, string];
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString());
  const forged = Buffer.from(JSON.stringify({ ...claims, sub: 'bob' })).toString('base64url');
  const refused: [string, string, string][] = [
    ['fuse rearm', `${head}.${forged}.${signature}`, 'not valid'],
    ['fuse rearm', await tokenOf('ada', ['operator'], { expiresInSeconds: -10 }), 'expired'],
    ['fuse rearm', await tokenOf('ada', ['viewer']), 'role operator or admin'],
    ['fuse rearm', await tokenOf('ada', []), 'role operator or admin'],
    ['fuse rearm --as bob', await tokenOf('ada'), 'not that of bob'],
    ['fuse blow --as bob', await tokenOf('ada'), 'not that of bob'],
  ];
  for (const [line, PARKER_TOKEN, why] of refused) {
    const answer = await parker(line, { PARKER_TOKEN });
    expect([answer.code, answer.said]).toEqual([2, expect.stringContaining(why)]);
  }
  const unset = await parker('fuse rearm', { PARKER_TOKEN: await tokenOf('ada'), AUTH_ISSUER: undefined });
  expect(unset.said).toContain('AUTH_ISSUER');
  expect(await fuseRow()).toEqual({ state: 'blown', asked: null });
});

test('to stop needs no issuer: a claimed name will do, and is kept as claimed', async () => {
  await harness.database.query(`update fuse set state = 'armed'`);
  const down = { AUTH_JWKS_URL: 'http://127.0.0.1:9/jwks.json' };
  expect((await parker('fuse blow', down)).said).toContain('--as says who you are');
  expect((await parker('fuse blow --as ada', down)).code).toBe(0);
  expect((await parker('fuse', down)).code).toBe(1);
  const [act] = await harness.database.query<{ actor: string }>(
    `select actor from ops_audits where action = 'fuse.blow' order by id desc limit 1`,
  );
  expect([act?.actor, await fuseRow()]).toEqual(['claimed:ada', { state: 'blown', asked: null }]);
  const answer = await parker('fuse rearm', { ...down, PARKER_TOKEN: await tokenOf('ada') });
  expect([answer.code, answer.said]).toEqual([2, expect.stringContaining('could not be fetched')]);
});
