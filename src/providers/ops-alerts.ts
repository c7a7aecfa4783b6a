import { Retryable } from '../errors.ts';
import { createCircuit } from './resilience.ts';

/** Tells the people on duty, through a Slack-compatible incoming webhook. */
export interface AlertProvider {
  /** @param text one line, without PII */
  alert(text: string): Promise<void>;
}

const ALERT_DEADLINE_MS = 10_000;

export function createAlerts(webhookUrl: string | undefined): AlertProvider {
  const circuit = createCircuit('alerts');
  return {
    async alert(text) {
      if (!webhookUrl) return;
      await circuit.run(ALERT_DEADLINE_MS, async () => {
        const response = await fetch(webhookUrl, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ text }),
        });
        if (!response.ok)
          throw new Retryable('alert_refused', `the alert webhook answered ${response.status}`);
      });
    },
  };
}
