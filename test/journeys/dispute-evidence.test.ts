import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { openCommandPorts } from '../../src/app/commands.ts';
import { runCommand } from '../../src/commands/index.ts';
import { createCancelledBookings } from '../support/cancelled-bookings.ts';
import { createHarness, type Harness } from '../support/harness.ts';
import { mailTo } from '../support/mail.ts';
import { until } from '../support/until.ts';
import { fault } from '../support/vendor-errors.ts';

const OPS = 'ops@parker.example';
let harness: Harness;
let folder: string;
beforeAll(async () => {
  harness = await createHarness({ env: { OPS_ALERT_EMAIL: OPS } });
  folder = mkdtempSync(join(tmpdir(), 'parker-'));
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await harness.stop();
});

const bookings = createCancelledBookings(() => harness);
const payments = () => harness.sandbox.stripe.payments;
const alertMails = (disputeId: string) =>
  mailTo(harness.sandbox, OPS).filter((mail) => mail.text.includes(disputeId));

async function verify(receipt: Buffer): Promise<number> {
  const file = join(folder, 'receipt.json');
  writeFileSync(file, receipt);
  const said = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  const code = await runCommand(['verify', file], {}, openCommandPorts);
  said.mockRestore();
  return code;
}

test('a dispute: the mail to ops has the deadline and the receipt, which verifies; the webhook says where it is', async () => {
  const booking = await bookings.book();
  const dispute = payments().dispute(payments().find(booking.paymentIntentId), {});
  const dueBy = new Date(dispute.evidence_details.due_by * 1_000).toISOString();
  const mail = await until('the mail', async () => alertMails(dispute.id)[0]);
  expect(mail.text).toContain(`Send the evidence by ${dueBy}`);
  expect(mail.attachments.map(({ filename }) => filename)).toEqual([
    `receipt-${booking.tripId}.json`,
    `receipt-${booking.tripId}.txt`,
  ]);
  const [json, text] = mail.attachments.map(({ content }) => Buffer.from(content, 'base64')) as [
    Buffer,
    Buffer,
  ];
  expect(JSON.parse(json.toString())).toMatchObject({ tripId: booking.tripId });
  expect(await verify(json)).toBe(0);
  const forged = JSON.parse(json.toString());
  forged.evidence.entries[0].canonical += ' ';
  expect(await verify(Buffer.from(JSON.stringify(forged)))).not.toBe(0);
  expect(text.toString()).toContain('The traveller agreed to pay up to 420.00 GBP.');
  expect(text.toString()).toMatch(/charged {2}399\.00 GBP/);

  const link = `${harness.config.APP_URL.replace(/\/$/, '')}/api/ops/trips/${booking.tripId}/receipt`;
  const alert = await until('the webhook', async () =>
    bookings.alerts(booking).find(({ body }) => JSON.stringify(body).includes(dispute.id)),
  );
  expect(JSON.stringify(alert.body)).toContain(link);
  expect(JSON.stringify(alert.body)).toContain(dueBy);

  const { pathname } = new URL(link);
  const viewer = await harness.user(undefined, { roles: ['viewer'] });
  const read = await viewer.call('GET', pathname);
  expect([read.status, read.body.tripId]).toEqual([200, booking.tripId]);
  const known = JSON.parse(json.toString()).evidence.entries;
  expect(read.body.evidence.entries.slice(0, known.length)).toEqual(known);
  expect((await (await harness.user()).call('GET', pathname)).status).toBe(403);
  expect((await viewer.call('GET', pathname.replace(booking.tripId, crypto.randomUUID()))).status).toBe(404);
});

test('the receipt grew between two tries of the mail: ops get it all the same, and the alert is not given up', async () => {
  // The mail is the only way.
  const alone = await createHarness({ env: { OPS_ALERT_EMAIL: OPS, OPS_ALERT_WEBHOOK_URL: '' } });
  try {
    const { book } = createCancelledBookings(() => alone);
    const booking = await book();
    await until('the confirmation', async () => mailTo(alone.sandbox, booking.email).length > 0);
    const target = 'resend.emails.send';
    alone.sandbox.faults.add(fault({ target, fault: 'lost_answer' }));
    alone.sandbox.faults.add(fault({ target, fault: 'status', status: 503, times: 100 }));
    const { payments: bank } = alone.sandbox.stripe;
    const dispute = bank.dispute(bank.find(booking.paymentIntentId), {});
    const sizes = () =>
      mailTo(alone.sandbox, OPS)
        .filter(({ text }) => text.includes(`${dispute.id} over`) && text.includes('is needs_response'))
        .map(({ attachments }) => attachments[0]?.content.length ?? 0);
    await until('the first try', async () => sizes().length > 0);
    bank.disputes.move(dispute, 'under_review');
    await until('the receipt to grow', async () =>
      (await booking.user.timeline(booking.tripId)).some(({ type }) => type === 'dispute.changed'),
    );
    alone.sandbox.faults.clear();
    await until('the second try', async () => sizes().length > 1);
    const [first = 0, second = 0] = sizes();
    expect(second).toBeGreaterThan(first);
    const inState = (status: string) =>
      alone.database.query('select from notifications where status = $1', [status]);
    await until('all to be sent', async () => (await inState('PENDING')).length === 0);
    expect(await inState('FAILED')).toEqual([]);
  } finally {
    await alone.stop();
  }
});
