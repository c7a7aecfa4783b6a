import { AFTER_TICKET_STORAGE_MUTANTS } from './after-ticket-mutants.ts';
import { CASE_MUTANTS } from './case-mutants.ts';
import { FUSE_STORAGE_MUTANTS } from './fuse-mutants.ts';
import type { Mutant } from './mutant.ts';

/** Defences of the storage on Postgres, which the simulator replaces: its own suites must notice when one is gone. */
export const STORAGE_MUTANTS: readonly Mutant[] = [
  ...FUSE_STORAGE_MUTANTS,
  ...CASE_MUTANTS,
  ...AFTER_TICKET_STORAGE_MUTANTS,
  {
    name: 'no fencing of a claim that is renewed',
    file: 'src/db/attempts.ts',
    find: "    .where('epoch', '=', epoch)\n",
    replace: '',
  },
  {
    name: 'no fencing',
    file: 'src/db/commit-attempts.ts',
    find: 'const batch = commits.map(toBatchRow);\n',
    replace: `const batch = commits.map(toBatchRow);
  for (const one of batch)
    one.epoch = (await sql<{ epoch: number }>\`select epoch from booking_attempts where id = \${one.id}\`.execute(db)).rows[0]?.epoch as number;
`,
  },
  {
    name: 'one refused write takes the batch with it',
    file: 'src/db/client/batched.ts',
    find: "if (requests.length === 1 || error.severity !== 'ERROR') throw error;",
    replace: 'if (requests.length) throw error;',
  },
  {
    name: 'a write that was left out is not made up for',
    file: 'src/db/stores/attempts.ts',
    find: '?? commitAlone(db, commit);',
    replace: '?? { stop: null, blown: false };',
  },
  {
    name: 'a connection that is checked out has no error listener',
    file: 'src/db/client/index.ts',
    find: "  pool.on('connect', (client) => client.on('error', (error) => options.onError?.(error)));\n",
    replace: '',
  },
  {
    name: 'a dying connection goes back to the pool',
    file: 'src/db/client/prepared.ts',
    find: 'if (said instanceof StorageUnavailable && isOver(said)) void this.end();',
    replace: '',
  },
  {
    name: 'a held claim can be taken',
    file: 'src/db/attempts.ts',
    find: "        .where((eb) => eb.or([eb('leaseUntil', 'is', null), eb('leaseUntil', '<', sql<Date>`now()`)]))\n",
    replace: '',
  },
  {
    name: 'an outcome is forgotten while it waits for the next intent',
    file: 'src/services/saga/session.ts',
    find: 'if (pending.length) await checkFuse(await commit(subject), subject);',
    replace: 'pending = [];',
  },
  {
    name: 'every intent is a new one',
    file: 'src/services/saga/session.ts',
    find: `const fresh = !past || mode === 'again' || past.outcome === 'not_attempted';`,
    replace: 'const fresh = [past].length === 1;',
  },
  {
    name: 'the fuse is not charged',
    file: 'src/services/booking/fuse-rules.ts',
    find: `if (intent?.step !== 'authorize' && intent?.step !== 'order') return counts;`,
    replace: `if (intent?.step !== 'order') return counts;`,
  },
  {
    name: 'no fencing of a cancellation',
    file: 'src/db/stores/cancellations.ts',
    find: `    .where('id', '=', cancellation.id)
    .where('epoch', '=', cancellation.epoch)
`,
    replace: `    .where('id', '=', cancellation.id)
`,
  },
  {
    name: 'a claimed cancellation can be claimed',
    file: 'src/db/cancellations.ts',
    find: `    .where((eb) => eb.or([eb('c.leaseUntil', 'is', null), eb('c.leaseUntil', '<', sql<Date>\`now()\`)]))
`,
    replace: '',
  },
];
