import { fileURLToPath } from 'node:url';
import { styleText } from 'node:util';
import { type Check, ofSources, tool } from './check/check.ts';
import { documentedExports } from './check/documented-exports.ts';
import { fileLength } from './check/file-length.ts';
import { glossary } from './check/glossary.ts';
import { importTypes } from './check/import-types.ts';
import { importFindings } from './check/imports.ts';
import { lintedOpenApi } from './check/openapi.ts';
import { ownRules } from './check/own-rules.ts';
import { generatedSchema } from './check/schema.ts';
import { readSources } from './check/source.ts';

/** What tsc found last time: unchanged files are not checked again. */
const TYPES_CACHE = 'node_modules/.cache/types.tsbuildinfo';

/** Permissive licences: what the product depends on may carry no other. */
const LICENCES =
  'MIT;MIT-0;ISC;Apache-2.0;BSD-2-Clause;BSD-3-Clause;0BSD;BlueOak-1.0.0;CC0-1.0;CC-BY-4.0;Unlicense;Python-2.0';
/**
 * Sentry's command line tool, which `@sentry/node` brings for bundlers and nothing here runs. Its licence, FSL-1.1-Apache-2.0, forbids
 * one use: a product that competes with Sentry. It becomes Apache-2.0 after two years.
 */
const FAIR_SOURCE = 'sentry@0.45.0';

const root = fileURLToPath(new URL('..', import.meta.url));
const writeTypes = process.argv.includes('--write-types');
const sources = readSources(root);

/**
 * `make check`: every rule a change must keep. Quiet when all is well; what fails says why, one finding a line.
 * `npm run db:types` runs it with --write-types: writes src/db/tables.ts anew and checks nothing.
 */
const checks: Check[] = [
  tool('format and lint', 'biome', ['ci', '--colors=off', '--error-on-warnings', '.']),
  tool('types', 'tsc', ['-p', 'tsconfig.json', '--incremental', '--tsBuildInfoFile', TYPES_CACHE]),
  { name: 'import rules', run: async () => (await importFindings(root)).join('\n') },
  ofSources('import types', sources, importTypes),
  ofSources('file length', sources, fileLength),
  ofSources('glossary', sources, glossary),
  ofSources('documented exports', sources, documentedExports),
  ofSources("the stand-ins' own rules", sources, ownRules),
  tool('unused code', 'knip', ['--no-progress']),
  tool('licences', 'license-checker-rseidelsohn', [
    '--production',
    '--excludePrivatePackages',
    '--excludePackages',
    FAIR_SOURCE,
    '--summary',
    '--onlyAllow',
    LICENCES,
  ]),
  tool('secrets', 'secretlint', ['**/*']),
  lintedOpenApi(root),
  tool('generated docs', 'node', ['scripts/docs.ts', '--verify']),
  generatedSchema(writeTypes),
];

let failed = false;
for (const { name, run } of writeTypes ? checks.slice(-1) : checks) {
  const wrong = await run();
  console.log(`  ${wrong ? styleText('red', '✗') : styleText('green', '✓')} ${name}`);
  if (wrong) console.log(wrong);
  failed ||= wrong !== '';
}
process.exit(failed ? 1 : 0);
