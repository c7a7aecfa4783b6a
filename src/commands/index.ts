import { parseArgs } from 'node:util';
import { openDatabase } from '../db/client.ts';
import type { Command } from './command.ts';
import { exportIncident } from './export-incident.ts';
import { fuse } from './fuse.ts';
import { payload } from './payload.ts';
import { verify } from './verify.ts';

const HELP = `parker: what ops do at a terminal. DATABASE_URL says where.

  npx parker verify                     reads the audit trail again: hashes, links, replay
  npx parker verify receipt.json        checks a receipt's entries, without a database
  npx parker export-incident <trip> [--out file]   the trip's story without PII, for npm run sim -- --replay
  npx parker payload <offer>            an offer as the provider sent it
  npx parker fuse                       whether new bookings may begin
  npx parker fuse blow --as <name>      stops them by hand
  npx parker fuse rearm --as <name>     asks for, or as a second person confirms, that they may begin again`;

const COMMANDS: Record<string, Command> = { verify, 'export-incident': exportIncident, payload, fuse };

/** Runs one command. @returns the exit code: 0 all is well, 1 it is not, 2 the command could not be understood */
export async function runCommand(argv: string[], env: NodeJS.ProcessEnv): Promise<number> {
  const [name = 'help', ...rest] = argv;
  const command = COMMANDS[name];
  if (!command) {
    console.log(HELP);
    return name === 'help' || name === '--help' ? 0 : 2;
  }
  const url = env.DATABASE_URL;
  const database = url ? openDatabase(url, 'parker_worker', { max: 2 }) : null;
  try {
    const { values, positionals } = parseArgs({
      args: rest,
      allowPositionals: true,
      options: { as: { type: 'string' }, out: { type: 'string' } },
    });
    return await command({ db: () => database?.db ?? missing(), words: positionals, ...values });
  } catch (error) {
    console.error(`parker ${name}: ${(error as Error).message}`);
    return 2;
  } finally {
    await database?.close();
  }
}

function missing(): never {
  throw new Error('DATABASE_URL is not set; it says which Parker is meant');
}
