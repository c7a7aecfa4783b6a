import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const ROOT = new URL('..', import.meta.url);
const runbook = readFileSync(new URL('docs/runbook-money.md', ROOT), 'utf8');
const sources = readdirSync(new URL('src/services', ROOT), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => readFileSync(new URL(`src/services/${file}`, ROOT), 'utf8'));
const cases = readFileSync(new URL('src/db/cases.ts', ROOT), 'utf8');

/** Codes with which the code calls a person; a vendor's own codes share a heading. */
const codes = new Set([
  ...sources.flatMap((text) =>
    [...text.matchAll(/toHuman\(\s*'([a-z_]+)'/g)].map(([, code]) => code as string),
  ),
  'orphan_order',
  'orphan_hold',
  'refund_failed',
  'refund_canceled',
  'dispute_needs_response',
  'dispute_warning_needs_response',
  'order_unknown',
]);

/** Each chapter under a heading that names codes. */
const chapters = new Map(
  runbook
    .split(/^### /m)
    .slice(1)
    .flatMap((chapter) => {
      const [heading = '', ...body] = chapter.split('\n');
      const text = body.join('\n').split(/^## /m)[0] ?? '';
      return [...heading.matchAll(/`([a-z_]+)`/g)].map(([, code]) => [code as string, text] as const);
    }),
);

/** Codes of alerts that wait for no case, as the code writes them. */
const ALERTS = [
  'account_trouble',
  'authorization_limit',
  'dispute_closed',
  'flags_lost',
  'fraud_warning',
  'fuse_blown',
  'order_unknown',
  'orphan_hold',
  'orphan_order',
  'payment_disputed',
  'refund_failed',
  'stuck',
  'unrated_currency',
  'unreadable_authorization',
  'unreadable_order',
  'user_limit',
];

test('every alert has a row that says what it means and what to do', () => {
  const rows = runbook.split('\n').filter((line) => line.startsWith('| `'));
  const named = new Map(
    rows.flatMap((row) => {
      const [, names = '', ...cells] = row
        .split(' | ')
        .flatMap((cell, index) => (index ? [cell] : ['', cell]));
      return [...names.matchAll(/`([a-z_]+)`/g)].map(([, code]) => [code as string, cells] as const);
    }),
  );
  // A vendor's kinds are written out in the code as a pattern.
  const all = sources
    .join('\n')
    .replace(/unreadable_\$\{what\}/, 'unreadable_order unreadable_authorization');
  for (const code of ALERTS) {
    if (!code.startsWith('orphan_')) expect(all).toContain(code);
    expect(
      named
        .get(code)
        ?.map((cell) => cell.length > 5)
        .slice(0, 2),
      code,
    ).toEqual([true, true]);
  }
});

test('every code that calls a person has a heading in the runbook, with a command', () => {
  expect(codes.size).toBeGreaterThan(15);
  expect(cases).toContain("'orphan_' || f.kind");
  const without = [...codes].filter((code) => !/npx parker case <id> [a-z]/.test(chapters.get(code) ?? ''));
  expect(without).toEqual([]);
});
