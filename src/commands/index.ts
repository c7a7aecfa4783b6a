import { parseArgs } from 'node:util';
import { StorageUnavailable } from '../errors.ts';
import { caseCommand } from './case.ts';
import { cases } from './cases.ts';
import type { Command, OpenPorts } from './command.ts';
import { exportIncident } from './export-incident.ts';
import { fuse } from './fuse.ts';
import { hasToken, provenOperator } from './operator.ts';
import { payload } from './payload.ts';
import { tripCommand } from './trip.ts';
import { verify } from './verify.ts';

const HELP = `parker: what ops do at a terminal. DATABASE_URL says where.

  npx parker trip <reference> [--json]  one trip: its story, its money and orders at the vendors, what happens next;
        by its id, its booking reference, the id of an order, payment, attempt or booking, or a correlation id
  npx parker verify                     reads the audit log again: hashes, links, replay
  npx parker verify receipt.json        checks a receipt's entries, without a database
  npx parker export-incident <trip> [--out file]   the trip's history without PII, for npm run sim -- --replay
  npx parker payload <offer>            an offer as the provider sent it
  npx parker fuse                       whether new bookings may begin, and what is used of each bound
  npx parker fuse blow                  stops them by hand (without a token: --as <name>)
  npx parker fuse rearm                 asks for, or as a second person confirms, that they may begin again
  npx parker cases [--json]             what waits for a person, the most urgent first
  npx parker case <id> [--json]         one case
  npx parker case <id> take [--over]    stops its alerts until its deadline is near
  npx parker case <id> adopt|capture|release|refund|cancel-order|retry|close --reason <why>
        [--order <id>] [--amount <major units>] [--no-order] [--accept-loss] [--paid-elsewhere] [--version <as read>]
                                        decides it; the vendors are asked first, and a large amount takes two people

Who acts is proven by an access token of AUTH_ISSUER with the role operator or admin, in PARKER_TOKEN or in the file
named by --token-file. --as <subject or e-mail> is compared with it.`;

const HELP_WORDS = new Set(['help', '--help', '-h']);

const COMMANDS: Record<string, Command> = {
  verify,
  'export-incident': exportIncident,
  payload,
  fuse,
  cases,
  case: caseCommand,
  trip: tripCommand,
};

/**
 * Runs one command.
 * @param argv the command and its words
 * @returns the exit code: 0 all is well, 1 it is not, 2 the command could not be understood
 */
export async function runCommand(argv: string[], env: NodeJS.ProcessEnv, open: OpenPorts): Promise<number> {
  const [name = 'help', ...rest] = argv;
  const command = COMMANDS[name];
  if (HELP_WORDS.has(name) || (command && rest.some((word) => word === '--help' || word === '-h'))) {
    console.log(HELP);
    return 0;
  }
  if (!command) {
    console.error(`parker: there is no command ${name}; npx parker help lists them`);
    return 2;
  }
  const url = env.DATABASE_URL;
  const opened = url ? open(url, env) : null;
  try {
    const { values, positionals } = parseArgs({
      args: rest,
      allowPositionals: true,
      options: OPTIONS,
    });
    const ports = () => opened ?? missing();
    const { as, 'token-file': tokenFile } = values;
    const who = { as, tokenFile, token: env.PARKER_TOKEN };
    return await command({
      ...values,
      ports,
      words: positionals,
      operator: (roles) => provenOperator(ports().verifyToken, who, roles),
      hasToken: hasToken(who),
    });
  } catch (error) {
    // Errors of ours say what is wrong; those of the database are asked for it.
    const why = isOfDatabase(error) ? await opened?.trouble() : null;
    console.error(`parker ${name}: ${why ?? (error as Error).message}`);
    return 2;
  } finally {
    await opened?.close();
  }
}

const isOfDatabase = (error: unknown): boolean =>
  error instanceof StorageUnavailable || (error as { severity?: string }).severity !== undefined;

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const OPTIONS = {
  as: text,
  out: text,
  'token-file': text,
  reason: text,
  version: text,
  order: text,
  amount: text,
  'no-order': flag,
  'accept-loss': flag,
  'paid-elsewhere': flag,
  over: flag,
  json: flag,
} as const;

function missing(): never {
  throw new Error('DATABASE_URL is not set; it says which Parker is meant');
}
