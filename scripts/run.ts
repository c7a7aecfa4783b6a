import { styleText } from 'node:util';
import { adasTrip, visitor } from './support/ada.ts';
import { apiClient } from './support/api.ts';
import { followTrips } from './support/follow.ts';
import { startStack } from './support/stack.ts';

/** `make run`: everything up until Ctrl-C, with something to try. */
const bold = (text: string) => styleText('bold', text);
const dim = (text: string) => styleText('dim', text);

console.log(bold('\nParker Flight\n'));
let stopping = false;
const starting = startStack((step, note) =>
  console.log(`  ${styleText('green', '✓')} ${step.padEnd(16)}${dim(note)}`),
);
/** Ctrl-C while things still start lets them finish starting first: what is half up can't be taken down in order. */
const stop = async () => {
  if (stopping) return;
  stopping = true;
  console.log(dim('\nStopping…'));
  const started = await starting.catch(() => null);
  await started?.stop();
  console.log('Stopped. Nothing is left running.');
  process.exit(0);
};
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop());

const stack = await starting;
// Ctrl-C came first: nothing more is begun, and stop() ends the process.
if (stopping) await new Promise(() => undefined);
const { appUrl, sandboxUrl } = stack;
const token = await stack.token({ sub: visitor(), email: 'demo@traveller.example' });
const opsToken = await stack.token({ sub: 'ops', roles: ['operator'] });
const api = apiClient(appUrl, token);
const trip = await adasTrip(api);
const price = (amount: string) =>
  `curl -X POST ${sandboxUrl}/_sandbox/prices -H 'content-type: application/json' -d '{"origin":"LHR","destination":"JFK","amount":"${amount}","currency":"GBP"}'`;

console.log(`
${bold('Addresses')}
  API            ${appUrl}          docs at ${appUrl}/docs
  Inbox          ${sandboxUrl}/_sandbox/inbox
  Queues         ${appUrl}/admin/queues
  Ledger         ${sandboxUrl}/_sandbox/ledger

${bold('Demo sign-in')} ${dim('(good for eight hours)')}
  export TOKEN=${token}
  export OPS_TOKEN=${opsToken}

${bold('Try next')} ${dim('in another terminal')}
  ${dim('# 1. a fare above the cap, and a trip that waits for it to drop')}
  ${price('480.00')}
  curl -X POST ${appUrl}/api/trips -H "authorization: Bearer $TOKEN" -H 'content-type: application/json' -d '${JSON.stringify(trip)}'
  ${dim('# 2. the fare drops; a few seconds later the ticket is in the inbox')}
  ${price('399.00')}
  curl ${appUrl}/api/trips -H "authorization: Bearer $TOKEN"

${dim('What happens to your trips is told below. Ctrl-C stops everything.')}`);

followTrips(api, (line) => !stopping && console.log(line));
