import { Resend } from 'resend';
import { Permanent, Retryable } from '../errors.ts';
import { createCircuit } from './resilience.ts';

export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly html: string;
  readonly text: string;
  readonly correlationId: string | null;
  readonly attachments?: readonly { filename: string; content: Buffer; contentType: string }[];
}

export interface MailProvider {
  /**
   * Sends one e-mail. The same key sends once, for 24 hours.
   * @returns Resend's id of the mail
   */
  send(mail: Mail, key: string): Promise<string>;
  readonly circuit: () => string;
}

const SEND_DEADLINE_MS = 15_000;

export function createResend(options: { apiKey: string; baseUrl: string; from: string }): MailProvider {
  const resend = new Resend(options.apiKey, { baseUrl: options.baseUrl.replace(/\/$/, '') });
  const circuit = createCircuit('resend');
  return {
    async send({ to, subject, html, text, correlationId, attachments = [] }, key) {
      return circuit.run(SEND_DEADLINE_MS, async () => {
        const { data, error } = await resend.emails.send(
          {
            from: options.from,
            to,
            subject,
            html,
            text,
            ...(correlationId && { headers: { 'X-Correlation-Id': correlationId } }),
            attachments: attachments.map((file) => ({ ...file })),
          },
          { idempotencyKey: key },
        );
        if (data) return data.id;
        throw sendError(error);
      });
    },
    circuit: circuit.state,
  };
}

/** Resend names its errors; those about the request itself will not get better by asking again. */
function sendError(error: { name: string; statusCode?: number | null }): Error {
  const { name, statusCode } = error;
  // This one says that a mail went out under the key already, with another text: sent is sent.
  const alreadySent = name === 'invalid_idempotent_request';
  const permanent =
    statusCode && statusCode >= 400 && statusCode < 500 && statusCode !== 429 && statusCode !== 409;
  return permanent || alreadySent
    ? new Permanent(name, `Resend refused: ${name}`)
    : new Retryable(name, `Resend could not send: ${name}`);
}
