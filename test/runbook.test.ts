import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ALERT_KINDS, alertOf, COMPENSATION_ALERTS } from '../src/domain/ops-alert.ts';

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
  for (const kind of ALERT_KINDS)
    expect(
      named
        .get(kind)
        ?.map((cell) => cell.length > 5)
        .slice(0, 2),
      kind,
    ).toEqual([true, true]);
});

test('every alert is made as one of these kinds, with words for ops where the saga has words for the traveller', () => {
  const makers = sources.filter((text) => /kind: 'ops_alert'/.test(text));
  expect(makers).toHaveLength(1);
  for (const kind of [...COMPENSATION_ALERTS, true as const]) {
    const { message } = alertOf(kind);
    expect(message).toMatch(/\w\.$/);
    expect(message).not.toMatch(/\b(you|your|we)\b/i);
  }
});

test('every code that calls a person has a heading in the runbook, with a command', () => {
  expect(codes.size).toBeGreaterThan(15);
  expect(cases).toContain("'orphan_' || f.kind");
  const without = [...codes].filter((code) => !/npx parker case <id> [a-z]/.test(chapters.get(code) ?? ''));
  expect(without).toEqual([]);
});
