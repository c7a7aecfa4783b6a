import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { importTypes } from '../../scripts/check/import-types.ts';
import { importFindings } from '../../scripts/check/imports.ts';
import { report } from '../../scripts/check/source.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'parker-imports-'));
});
afterEach(() => rmSync(root, { recursive: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

/**
 * Findings about a tree of files, as `from → to (rule)`, sorted.
 * @param files path → what it imports, by path or by the name of a package; `type …` imports types alone
 */
async function findings(files: Record<string, string[]>): Promise<string[]> {
  const targets = Object.values(files).flatMap((imports) =>
    imports.map((target) => target.replace('type ', '')),
  );
  for (const target of targets)
    if (target.endsWith('.ts')) write(target, 'export const a = 1;\n');
    else write(`node_modules/${target}/index.js`, 'export const a = 1;\n');
  for (const [path, imports] of Object.entries(files)) {
    const up = '../'.repeat(path.split('/').length - 1);
    const lines = imports.map((target) => {
      const [, type = '', name = ''] = /^(type )?(.*)$/.exec(target) ?? [];
      return `import ${type}{ a } from '${name.endsWith('.ts') ? up : ''}${name}';\n`;
    });
    write(path, `${lines.join('')}export const a = 1;\n`);
  }
  const paths = [...Object.keys(files), ...targets.filter((target) => target.endsWith('.ts'))];
  const folders = new Set(paths.map((path) => path.slice(0, path.indexOf('/'))));
  return (await importFindings(root, [...folders])).map((line) => line.replace(/: .* \(/, ' (')).sort();
}

test('a finding is one line: the import, the rule in words, the name of the rule', async () => {
  write('src/domain/a.ts', "import '../db/b.ts';\n");
  write('src/db/b.ts', 'export {};\n');
  expect(await importFindings(root, ['src'])).toEqual([
    'src/domain/a.ts → src/db/b.ts: domain may import nothing of ours. (domain-imports)',
  ]);
});

test('imports of the table are allowed', async () => {
  const allowed = {
    'src/domain/a.ts': ['src/domain/b.ts'],
    'src/ports/a.ts': ['src/domain/b.ts', 'src/errors.ts'],
    'src/db/a.ts': [
      'src/ports/b.ts',
      'src/domain/b.ts',
      'src/errors.ts',
      'type src/config.ts',
      'kysely',
      'pg',
    ],
    'src/providers/duffel/a.ts': ['src/ports/b.ts', 'src/errors.ts', '@duffel/api'],
    'src/redis/a.ts': ['src/ports/b.ts', 'type src/config.ts', 'ioredis'],
    'src/flags/a.ts': ['src/ports/b.ts'],
    'src/emails/a.ts': ['src/ports/b.ts', 'src/domain/b.ts'],
    'src/queues/a.ts': ['src/domain/b.ts', 'src/ports/b.ts', 'src/redis/b.ts'],
    'src/queues/outbox/publisher.ts': ['bullmq'],
    'src/queues/schedules.ts': ['bullmq'],
    'src/services/booking/a.ts': ['src/ports/b.ts', 'src/domain/b.ts', 'src/queues/b.ts', 'src/emails/b.ts'],
    'src/processors/a.ts': ['src/services/b.ts', 'src/queues/b.ts', 'src/config.ts', 'src/telemetry/b.ts'],
    'src/processors/runner.ts': ['bullmq'],
    'src/processors/b.ts': ['type bullmq'],
    'src/http/a.ts': ['src/services/b.ts', 'src/ports/b.ts', 'src/config.ts', 'src/telemetry/b.ts'],
    'src/commands/a.ts': ['src/services/b.ts', 'src/app/b.ts'],
    'src/telemetry/a.ts': ['src/ports/b.ts', 'src/config.ts'],
    'src/app/a.ts': ['src/db/a.ts', 'src/providers/duffel/a.ts', 'src/http/a.ts'],
    'src/bin/a.ts': ['src/app/a.ts', 'src/db/a.ts'],
    'sim/a.ts': [
      'src/services/b.ts',
      'src/processors/a.ts',
      'src/providers/duffel/normalise.ts',
      'sandbox/b.ts',
    ],
    'scripts/a.ts': ['src/db/migrate.ts', 'src/flags/a.ts', 'src/http/openapi.ts', 'sandbox/b.ts'],
    'test/a.ts': ['src/app/a.ts', 'src/db/a.ts', 'sim/a.ts', 'scripts/a.ts', 'stripe'],
    'bench/a.ts': ['src/db/a.ts', 'src/providers/duffel/a.ts', 'stripe'],
  };
  expect(await findings(allowed)).toEqual([]);
});

test('other imports between the rooms of src are refused, of types too', async () => {
  const refused = {
    'src/domain/a.ts': ['src/ports/b.ts', 'src/errors.ts'],
    'src/ports/a.ts': ['type src/config.ts'],
    'src/db/a.ts': ['src/services/b.ts'],
    'src/emails/a.ts': ['type src/db/b.ts'],
    'src/queues/a.ts': ['src/db/attempts.ts'],
    'src/services/a.ts': ['type src/db/b.ts', 'type src/flags/b.ts', 'src/redis/b.ts', 'src/config.ts'],
    'src/processors/a.ts': ['src/db/b.ts', 'type src/flags/b.ts'],
    'src/http/a.ts': ['type src/db/b.ts', 'src/queues/b.ts', 'src/processors/b.ts'],
    'src/commands/a.ts': ['src/db/b.ts'],
    'src/telemetry/a.ts': ['src/services/b.ts'],
    'src/misc/a.ts': ['src/domain/b.ts'],
    'src/app/a.ts': ['src/misc/a.ts'],
  };
  expect(await findings(refused)).toEqual([
    'src/app/a.ts → src/misc/a.ts (every-room-has-a-row)',
    'src/commands/a.ts → src/db/b.ts (commands-imports)',
    'src/db/a.ts → src/services/b.ts (db-imports)',
    'src/domain/a.ts → src/errors.ts (domain-imports)',
    'src/domain/a.ts → src/ports/b.ts (domain-imports)',
    'src/emails/a.ts → src/db/b.ts (emails-imports)',
    'src/http/a.ts → src/db/b.ts (http-imports)',
    'src/http/a.ts → src/processors/b.ts (http-imports)',
    'src/http/a.ts → src/queues/b.ts (http-imports)',
    'src/ports/a.ts → src/config.ts (ports-imports)',
    'src/processors/a.ts → src/db/b.ts (processors-imports)',
    'src/processors/a.ts → src/flags/b.ts (processors-imports)',
    'src/queues/a.ts → src/db/attempts.ts (queues-imports)',
    'src/services/a.ts → src/config.ts (services-imports)',
    'src/services/a.ts → src/db/b.ts (services-imports)',
    'src/services/a.ts → src/flags/b.ts (services-imports)',
    'src/services/a.ts → src/redis/b.ts (services-imports)',
    'src/telemetry/a.ts → src/services/b.ts (telemetry-imports)',
  ]);
});

test('providers, drivers and vendors are refused outside their rooms, once for each import', async () => {
  const refused = {
    'src/bin/a.ts': ['src/providers/duffel/b.ts'],
    'src/services/a.ts': [
      'type src/providers/duffel/b.ts',
      'type kysely',
      'pg',
      'stripe',
      'type @duffel/api',
    ],
    'src/http/a.ts': ['type bullmq', 'ioredis', '@launchdarkly/node-server-sdk', 'resend'],
    'src/domain/a.ts': ['type kysely', 'bullmq'],
    'src/app/a.ts': ['stripe', 'pg'],
    'src/queues/book.ts': ['bullmq'],
    'sandbox/a.ts': ['stripe'],
  };
  expect(await findings(refused)).toEqual([
    'sandbox/a.ts → node_modules/stripe/index.js (vendor-sdks-in-providers)',
    'src/app/a.ts → node_modules/pg/index.js (sql-stands-in-db)',
    'src/app/a.ts → node_modules/stripe/index.js (vendor-sdks-in-providers)',
    'src/bin/a.ts → src/providers/duffel/b.ts (providers-are-handed-in)',
    'src/domain/a.ts → node_modules/bullmq/index.js (domain-has-no-io)',
    'src/domain/a.ts → node_modules/kysely/index.js (sql-stands-in-db)',
    'src/http/a.ts → node_modules/@launchdarkly/node-server-sdk/index.js (no-drivers-in-use-cases)',
    'src/http/a.ts → node_modules/bullmq/index.js (no-drivers-in-use-cases)',
    'src/http/a.ts → node_modules/ioredis/index.js (no-drivers-in-use-cases)',
    'src/http/a.ts → node_modules/resend/index.js (no-drivers-in-use-cases)',
    'src/queues/book.ts → node_modules/bullmq/index.js (bullmq-in-three-places)',
    'src/services/a.ts → node_modules/@duffel/api/index.js (no-drivers-in-use-cases)',
    'src/services/a.ts → node_modules/kysely/index.js (sql-stands-in-db)',
    'src/services/a.ts → node_modules/pg/index.js (sql-stands-in-db)',
    'src/services/a.ts → node_modules/stripe/index.js (no-drivers-in-use-cases)',
    'src/services/a.ts → src/providers/duffel/b.ts (providers-are-handed-in)',
  ]);
});

test('the other programs stay out of one another', async () => {
  const refused = {
    'src/services/a.ts': ['sandbox/b.ts', 'sim/b.ts', 'test/b.ts', 'scripts/b.ts', 'bench/b.ts'],
    'sandbox/a.ts': ['type src/domain/b.ts', 'sim/b.ts', 'test/b.ts', 'scripts/b.ts'],
    'sim/a.ts': [
      'src/db/b.ts',
      'type src/redis/b.ts',
      'src/providers/duffel/index.ts',
      'test/b.ts',
      'scripts/b.ts',
    ],
    'scripts/a.ts': ['src/services/b.ts', 'src/db/attempts.ts'],
  };
  expect(await findings(refused)).toEqual([
    'sandbox/a.ts → scripts/b.ts (sandbox-shares-no-code)',
    'sandbox/a.ts → sim/b.ts (sandbox-shares-no-code)',
    'sandbox/a.ts → src/domain/b.ts (sandbox-shares-no-code)',
    'sandbox/a.ts → test/b.ts (sandbox-shares-no-code)',
    'scripts/a.ts → src/db/attempts.ts (scripts-start-processes)',
    'scripts/a.ts → src/services/b.ts (scripts-start-processes)',
    'sim/a.ts → scripts/b.ts (sim-imports-the-sandbox-alone)',
    'sim/a.ts → src/db/b.ts (sim-imports-use-cases)',
    'sim/a.ts → src/providers/duffel/index.ts (sim-imports-use-cases)',
    'sim/a.ts → src/redis/b.ts (sim-imports-use-cases)',
    'sim/a.ts → test/b.ts (sim-imports-the-sandbox-alone)',
    'src/services/a.ts → bench/b.ts (src-stands-alone)',
    'src/services/a.ts → sandbox/b.ts (src-stands-alone)',
    'src/services/a.ts → scripts/b.ts (src-stands-alone)',
    'src/services/a.ts → sim/b.ts (src-stands-alone)',
    'src/services/a.ts → test/b.ts (src-stands-alone)',
  ]);
});

test('a circle is one finding, of types too', async () => {
  const circle = {
    'src/domain/a.ts': ['src/domain/b.ts'],
    'src/domain/b.ts': ['type src/domain/c.ts'],
    'src/domain/c.ts': ['src/domain/a.ts'],
  };
  expect(await findings(circle)).toEqual([
    'src/domain/a.ts → src/domain/b.ts → src/domain/c.ts → src/domain/a.ts (no-circles)',
  ]);
});

test.each([
  ['a dynamic import', 'a.ts', "export const b = () => import('../db/b.ts');\n"],
  ['a re-export', 'a.ts', "export type { B } from '../db/b.ts';\n"],
  ['a re-export of everything', 'a.ts', "export * from '../db/b.ts';\n"],
  [
    'an import of TSX',
    'a.tsx',
    "import type { B } from '../db/b.ts';\nexport const a = (b: B) => <p>{b}</p>;\n",
  ],
])('%s counts', async (_, name, text) => {
  write(`src/domain/${name}`, text);
  write('src/db/b.ts', 'export type B = 1;\n');
  expect(await importFindings(root, ['src'])).toHaveLength(1);
});

test('an import as a type, which the rules cannot see, is refused', () => {
  const text = "const a = () => import('./b.ts');\ntype B = { b: import('../db/b.ts').B };\n";
  expect(report(importTypes([{ path: 'src/domain/a.ts', text }]))).toBe(
    "src/domain/a.ts:2 import('../db/b.ts') as a type → write an import at the head of the file\n",
  );
});

test('an import of a file that does not exist is refused', async () => {
  write('src/domain/a.ts', "import './b.ts';\n");
  expect(await importFindings(root, ['src'])).toEqual([
    'src/domain/a.ts → ./b.ts: The module does not exist. (every-import-resolves)',
  ]);
});
