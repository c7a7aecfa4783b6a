import { describe, expect, test } from 'vitest';
import { glossary, wordsOf } from '../../scripts/check/glossary.ts';
import type { Exception, Term } from '../../scripts/check/glossary-terms.ts';
import { report } from '../../scripts/check/source.ts';

/** Rows of our own, so that these tests outlive an edit of the table. */
const TERMS: Term[] = [
  { say: 'release', words: ['let go', 'told'] },
  { say: 'authorization', words: ['hold'], unless: ['seat hold'] },
  { say: 'StepResult', exact: ['Move'] },
  { say: 'classifyError', exact: ['sort'], kinds: ['value'], folders: ['src/'] },
];

/** `line identifier` of each finding. */
const found = (text: string, path = 'src/services/a.ts', exceptions: Exception[] = []) =>
  glossary([{ path, text }], TERMS, exceptions).map(
    ({ line, message }) => `${line} ${message.split(' ')[0]}`,
  );

describe('findings', () => {
  test('a finding names place, identifier, the right word and the glossary', () => {
    const sources = [{ path: 'src/services/a.ts', text: '\nconst letGo = 1;' }];
    expect(report(glossary(sources, TERMS, []))).toBe(
      'src/services/a.ts:2 letGo → say release (docs/glossary.md)\n',
    );
  });

  test.each([
    ['letGoAll', 'let go all'],
    ['LET_GO_MS', 'let go ms'],
    ['toPIICipher', 'to pii cipher'],
    ['v8HeapSettings', 'v8 heap settings'],
    ['let-go.test.ts', 'let go test ts'],
  ])('%s is split into words', (name, words) => expect(wordsOf(name)).toBe(words));

  test('a file name counts', () => {
    expect(found('', 'src/services/let-go.ts')).toEqual(['1 let-go.ts']);
  });

  test('the generated tables are not read', () => {
    expect(found('const told = 1;', 'src/db/tables.ts')).toEqual([]);
  });

  test('JSX is read', () => {
    const text = '\nexport const told = () => <p title="told">told</p>;';
    expect(found(text, 'src/emails/a.tsx')).toEqual(['2 told']);
  });

  test('lines are right after text that is not ASCII', () => {
    expect(found("// é → ✓\nconst a = '€';\nconst told = 1;")).toEqual(['3 told']);
  });
});

describe('declared names', () => {
  test.each([
    ['a function and its parameters', 'function told(told: 1, { a: told }: X, [told]: Y, ...told: Z) {}', 5],
    ['an arrow function', 'const a = (told: 1, b = (told) => 1) => 2;', 2],
    ['constants and patterns', 'const told = 1, { a: told = 2, ...told } = x, [told, [told]] = y;', 5],
    ['a type, its parameters and labels', 'type Told<Told> = [told: 1, f: (told: 2) => 3];', 4],
    ['an interface', 'interface Told { told: 1; told(told: 2): 3; get told(): 4; [told: string]: 5 }', 6],
    ['a class', 'class Told { told = 1; #told = 2; told() {} static get told() {} #told() {} }', 6],
    ['an object', 'const a = { told: 1, told() {}, get told() { return 1 }, async told() {} };', 4],
    ['a renaming', "import { a as told } from 'a'; import told from 'b'; export { c as told };", 3],
    ['a caught error', 'try {} catch (told) {}', 1],
    ['a namespace import', "import * as told from 'a';", 1],
  ])('%s declares names', (_, text, count) => expect(found(text)).toHaveLength(count));

  test.each([
    ['a use', 'told.told(told); x.told = told; new Told<Told>();'],
    ['an import', "import { told, type Told } from 'a';"],
    ['a shorthand', 'const { told } = x; const a = { told };'],
    ['a re-export', "export { told } from 'a';"],
    ['a string or a comment', "const a = { 'trip.told': 'told', [told]: `told` }; // told"],
    ['a part of a word', 'const untold = 1; const retolds = 2; const outletGoods = 3;'],
  ])('%s declares none', (_, text) => expect(found(text)).toEqual([]));
});

describe('terms', () => {
  test('a qualified name may contain the word', () => {
    expect(found('const seatHold = 1; const hold = 2; const SEAT_HOLD_MS = 3;')).toEqual(['1 hold']);
  });

  test('an exact term is a whole name', () => {
    expect(found('type Move = 1; const move = 2; type MoveTrip = 3;')).toEqual(['1 Move']);
  });

  test('a term may be limited to kinds and folders', () => {
    const text = 'const sort = 1; interface A { sort: 2 }';
    expect(found(text)).toEqual(['1 sort']);
    expect(found(text, 'bench/a.ts')).toEqual([]);
  });
});

describe('exceptions', () => {
  const exception: Exception = { name: 'told', kind: 'property', folders: ['src/db/'], because: 'a column' };

  test('an exception excuses one name of one kind in its folders', () => {
    const text = 'interface A { told: 1; toldAt: 2 }\nconst told = 3;';
    expect(found(text, 'src/db/a.ts', [exception])).toEqual(['1 toldAt', '2 told']);
    expect(found(text, 'src/http/a.ts', [exception])).toContain('1 told');
  });

  test('an exception that nothing needs is reported', () => {
    expect(report(glossary([], TERMS, [exception]))).toBe(
      'scripts/check/glossary-terms.ts:1 told → delete the exception: nothing needs it\n',
    );
  });
});

describe('the table', () => {
  const refused = (text: string, path = 'src/services/a.ts') =>
    glossary([{ path, text }])
      .filter((finding) => finding.path === path)
      .map(({ message }) => message.replace(' (docs/glossary.md)', ''));

  test.each([
    ['const unwind = 1', 'unwind → say compensate, compensation'],
    ['function undoOrder() {}', 'undoOrder → say compensate, compensation'],
    ['type Move = 1', 'Move → say StepResult'],
    ['type Vault = 1', 'Vault → say PII cipher'],
    ['const notifyLater = 1', 'notifyLater → say enqueueNotification'],
    ['const shareOut = 1', 'shareOut → say fair share'],
    ['const onLeanHeap = 1', 'onLeanHeap → say V8 heap settings'],
    ['const standingStill = 1', 'standingStill → say stuck work, rescuer'],
  ])('%s is refused', (text, message) => expect(refused(text)).toEqual([message]));

  test.each([
    ['a settled promise', 'const allSettled = 1', 'src/services/a.ts'],
    ['a verb of another name', 'const moveTrip = 1, claimed = 2, changeTrip = 3', 'src/services/a.ts'],
    ['a seat hold', 'interface Hotel { seatHold: 1; orderHolds: 2 }', 'src/ports/a.ts'],
    ['a column', 'interface Attempt { unwind: 1; settledAt: 2; intendedAt: 3 }', 'src/db/a.ts'],
    ['a field of a payload', 'const payload = { nudge: 1 }', 'src/queues/book.ts'],
    ['CSS', "const style = { letterSpacing: '1px' }", 'src/emails/a.tsx'],
    ['a letter of the alphabet', 'const letter = 1', 'src/domain/a.ts'],
  ])('%s is allowed', (_, text, path) => expect(refused(text, path)).toEqual([]));
});
