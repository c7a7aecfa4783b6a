import { Resend } from 'resend';
import type { MailProvider } from '../../ports/mail.ts';
import { createCircuit } from '../resilience.ts';
import { classifyError } from './errors.ts';

const SEND_DEADLINE_MS = 15_000;

/** @param options.from the sender, such as `Parker Flight <hello@parker.example>` */
export function createResend(options: { apiKey: string; baseUrl: string; from: string }): MailProvider {
  const resend = new Resend(options.apiKey, { baseUrl: options.baseUrl.replace(/\/$/, '') });
  const circuit = createCircuit('resend');
  return {
    async send({ to, subject, html, text, correlationId, attachments = [] }, key) {
      return circuit.run(SEND_DEADLINE_MS, async () => {
        const { data, error, headers } = await resend.emails.send(
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
        throw classifyError(error, headers?.['retry-after']);
      });
    },
    circuit: circuit.state,
  };
}
