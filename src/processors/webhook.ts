import { type LookDeps, lookInto } from '../services/webhooks.ts';
import { done, type Handler } from './handler.ts';

export const webhook =
  (deps: LookDeps): Handler<'webhook'> =>
  async ({ provider, eventId }) =>
    done(await lookInto(deps, provider, eventId));
