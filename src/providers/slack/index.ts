import { Retryable } from '../../errors.ts';
import type { AlertProvider } from '../../ports/alerts.ts';
import { createCircuit } from '../resilience.ts';

const ALERT_DEADLINE_MS = 10_000;

/**
 * Alerts to an incoming webhook of Slack, or of whatever takes the same body.
 * @returns null without an address: then alerts go by mail alone
 */
export function createAlerts(webhookUrl: string | undefined): AlertProvider | null {
  if (!webhookUrl) return null;
  const circuit = createCircuit('alerts');
  return {
    async alert(text) {
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
