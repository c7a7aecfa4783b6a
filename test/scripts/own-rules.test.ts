import { expect, test } from 'vitest';
import { ownRules } from '../../scripts/check/own-rules.ts';
import { report } from '../../scripts/check/source.ts';

const found = (product: string, standIn: string): string =>
  report(
    ownRules([
      { path: 'src/a.ts', text: `\n${product}` },
      { path: 'sandbox/b.ts', text: standIn },
    ]),
  );

test('a regular expression in both places is reported where the stand-in has it', () => {
  expect(found('const A = /^[a-z]+$/;', 'const f = (t: string) => /^[a-z]+$/u.test(t);')).toBe(
    "sandbox/b.ts:1 /^[a-z]+$/ is in src/a.ts:2 too → write the vendor's own rule\n",
  );
});

test.each([
  ['lists in another order', "['a', 'b', 'c', 'd', 'e', 'f']", "new Set(['f', 'e', 'd', 'c', 'b', 'a'])"],
  ['words in one text', "'JPY KRW VND BIF CLP DJF'.split(' ')", "['JPY', 'KRW', 'VND', 'BIF', 'CLP', 'DJF']"],
  ['objects', '{ a: 1, b: 2, c: 3, d: 4, e: 5, f: 6 }', "{ f: 6, e: 5, 'd': 4, c: 3, b: 2, a: 1 }"],
])('%s of six entries are reported', (_name, product, standIn) => {
  expect(found(`const A = ${product};`, `const B = ${standIn};`)).toContain('sandbox/b.ts:1 [');
});

test.each([
  ['five entries', "['a', 'b', 'c', 'd', 'e']", "['a', 'b', 'c', 'd', 'e']"],
  ['another entry', "['a', 'b', 'c', 'd', 'e', 'f']", "['a', 'b', 'c', 'd', 'e', 'g']"],
  ['another value', '{ a: 1, b: 2, c: 3, d: 4, e: 5, f: 6 }', '{ a: 1, b: 2, c: 3, d: 4, e: 5, f: 7 }'],
  ['entries that are computed', '[a, b, c, d, e, f]', '[a, b, c, d, e, f]'],
  ['another expression', '/^a$/', '/^b$/'],
])('%s is not reported', (_name, product, standIn) => {
  expect(found(`const A = ${product};`, `const B = ${standIn};`)).toBe('');
});

test('the same rule within one of the two is not reported', () => {
  expect(found('const A = /^a$/; const B = /^a$/;', 'const C = /^c$/;')).toBe('');
});
