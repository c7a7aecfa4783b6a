import { describe, expect, test } from 'vitest';
import { tool } from '../../scripts/check/check.ts';
import { documentedExports } from '../../scripts/check/documented-exports.ts';
import { fileLength } from '../../scripts/check/file-length.ts';
import { report, type Source } from '../../scripts/check/source.ts';

const source = (text: string, path = 'src/services/a.ts'): Source => ({ path, text });

describe('file length', () => {
  const lines = (count: number) => 'const a = 1;\n'.repeat(count);

  test('a file of more than 300 lines is reported, one of 300 is not', () => {
    expect(report(fileLength([source(lines(300))]))).toBe('');
    expect(report(fileLength([source(lines(301))]))).toBe(
      'src/services/a.ts:301 has 301 lines, at most 300 are allowed: split the file\n',
    );
  });

  test('a last line without its end counts', () => {
    expect(fileLength([source(`${lines(300)}const b = 1;`)])).toHaveLength(1);
  });

  test('a generated file may be longer', () => {
    expect(fileLength([source(lines(400), 'src/db/tables.ts')])).toEqual([]);
  });
});

describe('documented exports', () => {
  const found = (text: string, path = 'src/ports/a.ts') =>
    documentedExports([source(text, path)]).map(({ line, message }) => `${line} ${message.split(' ')[1]}`);

  test('a finding names place, export and what to do', () => {
    expect(report(documentedExports([source('\nexport const a = 1;', 'src/domain/a.ts')]))).toBe(
      'src/domain/a.ts:2 export a → add a /** comment */ directly before it\n',
    );
  });

  test('every kind of export needs a comment', () => {
    const text = [
      'export function f() {}',
      'export async function g() {}',
      'export class C {}',
      'export interface I { a: 1 }',
      'export type T = 1;',
      'export const c = 1, { d, x: e } = y;',
      'export default 1;',
      'const l = 1;',
      'export { l as m };',
    ].join('\n');
    expect(found(text)).toEqual(['1 f', '2 g', '3 C', '4 I', '5 T', '6 c', '6 d', '6 e', '7 default', '8 l']);
  });

  test('a comment directly before an export documents it', () => {
    const text = [
      '/** A. */\nexport const a = 1;',
      '/**\n * B.\n */\nexport interface B { undocumented: 1 }',
      '/** C. */ export type C = 1;',
      '/** D. */\n// biome-ignore lint/a: why\nexport class D {}',
      '/** E. */\nconst e = 1;\nexport { e };',
    ].join('\n\n');
    expect(found(text)).toEqual([]);
  });

  test.each([
    ['a blank line between', '/** The file. */\n\nexport const a = 1;'],
    ['a plain comment', '// A.\nexport const a = 1;'],
    ['a block comment', '/* A. */\nexport const a = 1;'],
    ['the comment of another export', '/** A. */\nconst b = 1;\nexport const a = 1;'],
  ])('%s does not document it', (_, text) => expect(found(text)).toHaveLength(1));

  test('names that are exported twice need one comment', () => {
    expect(found('/** A. */\nexport const A = 1;\nexport type A = 2;')).toEqual([]);
    expect(found('/** A. */\nexport function a(b: 1): 2;\nexport function a(b: 3): 4 {}')).toEqual([]);
    expect(found('export const A = 1;\nexport type A = 2;')).toEqual(['1 A']);
  });

  test('what is not exported here, or stands elsewhere, needs none', () => {
    expect(found("const a = 1;\nexport { b } from './b.ts';\nexport * from './c.ts';")).toEqual([]);
    expect(found('export const a = 1;', 'src/services/a.ts')).toEqual([]);
    expect(found('export const a = 1;', 'src/queues/book.ts')).toEqual([]);
    expect(found('export const a = 1;', 'src/queues/contract.ts')).toEqual(['1 a']);
  });
});

describe('tools', () => {
  const node = (code: string) => tool('a', process.execPath, ['-e', code]).run();

  test('what a program prints is shown only when it fails', () => {
    expect(node('console.log("fine")')).toBe('');
    expect(node('console.log("out"); console.error("err"); process.exit(2)')).toBe('out\nerr\n');
  });

  test('a program that fails without output says so', () => {
    expect(node('process.exit(3)')).toBe(`${process.execPath}: exit code 3\n`);
    expect(tool('a', '/does/not/exist', []).run()).toMatch(/ENOENT/);
  });
});
