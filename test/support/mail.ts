import type { Sandbox } from '../../sandbox/server.ts';
import { until } from './until.ts';

/** The mail that went to an address, in order. */
export const mailTo = (sandbox: Sandbox, address: string) =>
  sandbox.resend.emails.filter((mail) => mail.to.includes(address));

export const mailArrives = (sandbox: Sandbox, address: string, subject: RegExp) =>
  until(`mail ${subject}`, async () => mailTo(sandbox, address).find((mail) => subject.test(mail.subject)));
