import { lookInto } from '../services/webhooks/look-into.ts';
import type { LookPorts } from '../services/webhooks/ports.ts';
import { done, type Handler } from './handler.ts';

export const webhook =
  (ports: LookPorts): Handler<'webhook'> =>
  async ({ provider, eventId }) =>
    done(await lookInto(ports, provider, eventId));
