import { randomUUID } from 'node:crypto';
import { afterEach, expect, test } from 'vitest';
import type { Base } from '../../src/app/base.ts';
import { createNotificationStore } from '../../src/db/stores/notifications.ts';
import { notificationRequest } from '../../src/services/notifications/request.ts';
import { createHarness, type Harness } from '../support/harness.ts';
import { until } from '../support/until.ts';
import { duffelError, fault } from '../support/vendor-errors.ts';

const OPS = 'ops@parker.example';

let harness: Harness;
afterEach(() => harness.stop());

/** Asks for an ops alert as a saga does. @returns its code, which stands in what is sent */
async function alert(): Promise<string> {
  const code = `code-${randomUUID().slice(0, 8)}`;
  const data = { code, message: 'A test alerts.' };
  const request = { userId: null, tripId: null, kind: 'ops_alert' as const, dedupeKey: code, data };
  const worker = harness.worker as Base;
  await createNotificationStore(worker).enqueue([notificationRequest(request)]);
  worker.publisher.kick();
  return code;
}
const atSlack = (code: string) =>
  harness.sandbox.intake.alerts.filter(({ body }) => JSON.stringify(body).includes(code)).length;
const mailed = (code: string) =>
  harness.sandbox.resend.emails.filter(({ to, subject }) => to.includes(OPS) && subject.includes(code))
    .length;
const row = async (code: string) => {
  const [found] = await harness.database.query<{ status: string; lastError: string | null }>(
    `select status, last_error as "lastError" from notifications where dedupe_key = $1`,
    [code],
  );
  return found;
};
const sent = (code: string) =>
  until('the alert to be sent', async () => (await row(code))?.status === 'SENT');

test('an alert goes by every way that has an address, once', async () => {
  harness = await createHarness({ env: { OPS_ALERT_EMAIL: OPS } });
  const code = await alert();
  await sent(code);
  expect([atSlack(code), mailed(code)]).toEqual([1, 1]);
});

test('Slack away: the mail is enough. Resend away: Slack is enough', async () => {
  harness = await createHarness({
    env: { OPS_ALERT_EMAIL: OPS, OPS_ALERT_WEBHOOK_URL: 'http://127.0.0.1:9' },
  });
  const byMail = await alert();
  await sent(byMail);
  expect(mailed(byMail)).toBe(1);
  await harness.stop();
  harness = await createHarness({ env: { OPS_ALERT_EMAIL: OPS } });
  harness.sandbox.faults.add(fault({ target: 'resend.*', fault: 'status', status: 500, times: 1_000 }));
  const bySlack = await alert();
  await sent(bySlack);
  expect([atSlack(bySlack), mailed(bySlack)]).toEqual([1, 0]);
});

test('without an address an alert is given up and never marked sent', async () => {
  harness = await createHarness({ env: { OPS_ALERT_WEBHOOK_URL: '' } });
  const code = await alert();
  await until('the alert to be given up', async () => (await row(code))?.status === 'FAILED');
  expect(await row(code)).toEqual({ status: 'FAILED', lastError: 'no_alert_address' });
});

test('both ways away: the alert waits and is sent when one is back', async () => {
  harness = await createHarness({
    env: { OPS_ALERT_EMAIL: OPS, OPS_ALERT_WEBHOOK_URL: 'http://127.0.0.1:9' },
  });
  harness.sandbox.faults.add(fault({ target: 'resend.*', fault: 'status', status: 500, times: 1_000 }));
  const code = await alert();
  await until('a try', async () => (await row(code))?.lastError);
  expect((await row(code))?.status).toBe('PENDING');
  harness.sandbox.faults.clear();
  await sent(code);
  expect(mailed(code)).toBe(1);
});

test('the notify queue stopped by its switch, or paused: mails wait, alerts do not', async () => {
  harness = await createHarness();
  harness.sandbox.launchDarkly.set('queue_notify_disabled', true);
  await until('the switch to be heard', async () => harness.worker?.flags.queueStopped('notify'));
  const stopped = await alert();
  await sent(stopped);
  expect(atSlack(stopped)).toBe(1);
  harness.sandbox.launchDarkly.set('queue_notify_disabled', false);
  await harness.web.publisher.queues.notify.pause();
  const paused = await alert();
  await sent(paused);
  expect(atSlack(paused)).toBe(1);
});

test('no worker runs the notify queue: another one sends the alert', async () => {
  harness = await createHarness({ queues: ['cleanup'] });
  const code = await alert();
  await sent(code);
  expect(atSlack(code)).toBe(1);
});

test('an alert speaks to ops: its kind, the trip, the correlation, the command that shows it, the page that says what to do', async () => {
  harness = await createHarness({ env: { OPS_ALERT_EMAIL: OPS } });
  const { sandbox } = harness;
  sandbox.duffel.prices.pin('LHR', 'JFK', { amount: '399.00', currency: 'GBP', refundable: true });
  sandbox.faults.add(duffelError('duffel.orders.create', 422, 'invalid_request_error', 'unheard_of'));
  const user = await harness.user();
  const { id } = await user.trip();
  const { outcome } = await user.reaches(id, 'FAILED');
  const [trip] = await harness.database.query<{ correlation: string }>(
    'select correlation_id as correlation from trip_requests where id = $1',
    [id],
  );
  const mail = await until('the alert', async () =>
    sandbox.resend.emails.find(({ to, text }) => to.includes(OPS) && text?.includes(id)),
  );
  expect(mail.text).toContain('Parker ops: order_refused (unheard_of). The seller refused an order');
  expect(mail.text).toContain(`Trip ${id}. Correlation ${trip?.correlation}. Look: npx parker trip ${id}.`);
  expect(mail.text).toContain('What to do: docs/runbook-money.md, order_refused.');
  expect(mail.text).not.toContain(outcome.message);
});

test('an alert of the version before, and one of the whole system, have no word too many', async () => {
  harness = await createHarness({ env: { OPS_ALERT_EMAIL: OPS } });
  const code = await alert();
  await sent(code);
  const mail = harness.sandbox.resend.emails.find(({ subject }) => subject.includes(code));
  expect(mail?.text).toBe(`Parker ops: ${code}. A test alerts. What to do: docs/runbook-money.md, ${code}.`);
});
