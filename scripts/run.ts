import { mkdir, writeFile } from 'node:fs/promises';
import { styleText } from 'node:util';
import { adasTrip, visitor } from './support/ada.ts';
import { apiClient } from './support/api.ts';
import { followTrips } from './support/follow.ts';
import { type Stack, startStack } from './support/stack.ts';
import { runStoppable } from './support/stoppable.ts';

/** `make run`: everything up until Ctrl-C, with something to try. */
const bold = (text: string) => styleText('bold', text);
const dim = (text: string) => styleText('dim', text);

await runStoppable('run', async (fail) => {
  console.log(bold('\nParker Flight\n'));
  const stack = await startStack({
    step: (step, note) => console.log(`  ${styleText('green', '✓')} ${step.padEnd(16)}${dim(note)}`),
    restarted: (line) => console.log(`  ${styleText('yellow', '!')} ${line}`),
    broken: fail,
  });
  const user = visitor();
  const token = await stack.token({ sub: user, email: 'demo@traveller.example' });
  const opsToken = await stack.token({ sub: 'ops', roles: ['operator'] });
  const envFile = await writeEnv(stack, opsToken);
  const trip = await adasTrip(apiClient(stack.appUrl, token));
  console.log(whatToTry(stack, { token, opsToken, envFile, trip }));
  await followTrips(stack.databaseUrl, user, console.log, (id) =>
    console.log(`  ${dim('The page of this trip, signed in:')} ${stack.appUrl}/trips/${id}#token=${token}`),
  );
  return null;
});

/**
 * Writes what `npx parker` needs to act: the variables of the processes, and an operator's token. Sourced in a subshell,
 * for `DATABASE_URL` in the shell itself would lead `make test` to this database.
 */
async function writeEnv({ appUrl, env }: Stack, opsToken: string): Promise<string> {
  const file = `.cache/run-${new URL(appUrl).port}.env`;
  const lines = Object.entries({ ...env, PARKER_TOKEN: opsToken }).map(
    ([name, value]) => `export ${name}='${value.replaceAll("'", "'\\''")}'\n`,
  );
  await mkdir('.cache', { recursive: true });
  await writeFile(file, lines.join(''), { mode: 0o600 });
  return file;
}

function whatToTry(
  { appUrl, sandboxUrl, databaseUrl }: Stack,
  { token, opsToken, envFile, trip }: { token: string; opsToken: string; envFile: string; trip: object },
): string {
  const price = (amount: string) =>
    `curl -X POST ${sandboxUrl}/_sandbox/prices -H 'content-type: application/json' -d '{"origin":"LHR","destination":"JFK","amount":"${amount}","currency":"GBP"}'`;
  return `
${bold('Addresses')}
  API            ${appUrl}          docs at ${appUrl}/docs
  Trip page      ${appUrl}/trips/<id>     told with its sign-in when you make a trip
  Inbox          ${sandboxUrl}/_sandbox/inbox
  Queues         ${appUrl}/admin/queues     sign in with OPS_TOKEN
  Ledger         ${sandboxUrl}/_sandbox/ledger

${bold('Demo sign-in')} ${dim('(good for eight hours)')}
  ${dim('# a traveller, for the API and the trip page')}
  export TOKEN=${token}
  ${dim('# an operator, for the queues and /api/ops')}
  export OPS_TOKEN=${opsToken}

${bold('Try next')} ${dim('in another terminal')}
  ${dim('# 1. a fare above the cap, and a trip that waits for it to drop')}
  ${price('480.00')}
  curl -X POST ${appUrl}/api/trips -H "authorization: Bearer $TOKEN" -H 'content-type: application/json' -d '${JSON.stringify(trip)}'
  ${dim('# 2. the fare drops; a few seconds later the ticket is in the inbox')}
  ${price('399.00')}
  curl ${appUrl}/api/trips -H "authorization: Bearer $TOKEN"
  ${dim('# 3. after the ticket: what a cancellation refunds, then the cancellation; refund and mail are printed below')}
  BOOKING=$(curl -s ${appUrl}/api/bookings -H "authorization: Bearer $TOKEN" | grep -o '"id":"[^"]*' | head -1 | cut -d'"' -f4)
  curl ${appUrl}/api/bookings/$BOOKING/cancellation -H "authorization: Bearer $TOKEN"
  curl -X POST ${appUrl}/api/bookings/$BOOKING/cancel -H "authorization: Bearer $TOKEN"
  ${dim('# 4. what ops see: whether new bookings may begin, what waits for a person, and whether the audit log is whole')}
  DATABASE_URL='${databaseUrl}' npx parker fuse
  DATABASE_URL='${databaseUrl}' npx parker cases
  DATABASE_URL='${databaseUrl}' npx parker verify
  ${dim('# 5. what ops do, with the operator of OPS_TOKEN: rearm the fuse; likewise fuse blow, case <id> take')}
  (. ${envFile}; npx parker fuse rearm)

${dim('What happens to your trips is told below. Ctrl-C stops everything.')}`;
}
