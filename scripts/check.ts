import { spawnSync } from 'node:child_process';
import { styleText } from 'node:util';
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { migrate } from '../src/db/migrate.ts';
import { startPostgres } from './support/postgres.ts';

/** `make check`: every rule a change must keep. Quiet when all is well; what fails says why. */
const LICENCES =
  'MIT;MIT-0;ISC;Apache-2.0;Apache*;BSD-2-Clause;BSD-3-Clause;0BSD;BlueOak-1.0.0;CC0-1.0;CC-BY-4.0;Unlicense;Python-2.0';

const checks: [name: string, command: string[], env?: Record<string, string>][] = [
  ['format and lint', ['biome', 'ci', '--colors=off', '--error-on-warnings', '.']],
  ['types', ['tsc', '-p', 'tsconfig.json']],
  ['import rules', ['depcruise', 'src', 'sandbox', 'scripts', 'test', 'bench']],
  ['unused code', ['knip', '--no-progress']],
  [
    'licences',
    [
      'license-checker-rseidelsohn',
      '--production',
      '--excludePrivatePackages',
      '--summary',
      '--onlyAllow',
      LICENCES,
    ],
  ],
  ['secrets', ['secretlint', '**/*']],
  ['generated docs', ['node', 'scripts/docs.ts', '--verify']],
];

const postgres = await startPostgres();
const scratch = `parker_check_${process.pid}`;
const url = new URL(postgres.url);
const admin = new pg.Client({ connectionString: postgres.url });
await admin.connect();
await admin.query(`create database ${scratch}`);
url.pathname = `/${scratch}`;
const owner = new Kysely<unknown>({
  dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString: url.href, max: 1 }) }),
});
await migrate(owner);
await owner.destroy();
const writeTypes = process.argv.includes('--write-types');
const schema = ['kysely-codegen', ...(writeTypes ? [] : ['--verify'])];
checks.push(['generated schema', schema, { DATABASE_URL: url.href }]);
if (writeTypes) checks.splice(0, checks.length - 1);

const failed = checks.filter(([name, [program = '', ...args], env]) => {
  const { status, stdout, stderr } = spawnSync(program, args, {
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1', ...env },
  });
  console.log(`  ${status === 0 ? styleText('green', '✓') : styleText('red', '✗')} ${name}`);
  if (status !== 0) console.log(`${stdout}${stderr}`);
  return status !== 0;
});
await admin.query(`drop database ${scratch}`);
await admin.end();
await postgres.stop();
process.exit(failed.length ? 1 : 0);
