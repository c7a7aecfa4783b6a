import { basename } from 'node:path';
import { type DeclaredName, declaredNames, type NameKind } from './declared-names.ts';
import { EXCEPTIONS, type Exception, TERMS, type Term } from './glossary-terms.ts';
import type { Finding, Source } from './source.ts';
import { parse } from './syntax.ts';

/** The file of the exceptions, where one that nothing needs is reported. */
const TABLE = 'scripts/check/glossary-terms.ts';

/** Columns are named by the migrations. */
const GENERATED = 'src/db/tables.ts';

interface Name {
  readonly text: string;
  readonly kind: NameKind | 'file';
  readonly line: number;
}

/**
 * Declared names and file names that use a synonym the glossary forbids, and exceptions that nothing needs.
 * @param terms the forbidden synonyms
 * @param exceptions names that stay
 */
export function glossary(
  sources: readonly Source[],
  terms: readonly Term[] = TERMS,
  exceptions: readonly Exception[] = EXCEPTIONS,
): Finding[] {
  const used = new Set<Exception>();
  const excused = (name: Name, path: string) => {
    const exception = exceptions.find((candidate) => applies(candidate, name, path));
    if (exception) used.add(exception);
    return exception !== undefined;
  };
  const findings = sources
    .filter(({ path }) => path !== GENERATED)
    .flatMap((source) =>
      namesOf(source).flatMap((name) => {
        const term = terms.find((candidate) => forbids(candidate, name, source.path));
        if (!term || excused(name, source.path)) return [];
        const message = `${name.text} → say ${term.say} (docs/glossary.md)`;
        return [{ path: source.path, line: name.line, message }];
      }),
    );
  const unused = exceptions.filter((exception) => !used.has(exception));
  return [
    ...findings,
    ...unused.map(({ name }) => ({
      path: TABLE,
      line: 1,
      message: `${name} → delete the exception: nothing needs it`,
    })),
  ];
}

/** camelCase, PascalCase, snake_case, CAPITALS and file-names → lower-case words, with one blank between. */
export const wordsOf = (name: string): string =>
  name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1 $2')
    .replace(/[^A-Za-z0-9]+/g, ' ')
    .trim()
    .toLowerCase();

function namesOf(source: Source): Name[] {
  const syntax = parse(source);
  const declared = declaredNames(syntax).map(({ text, kind, node }: DeclaredName) => ({
    text,
    kind,
    get line() {
      return syntax.lineOf(node);
    },
  }));
  return [{ text: basename(source.path), kind: 'file', line: 1 }, ...declared];
}

function forbids(
  { words = [], exact = [], unless = [], kinds, folders }: Term,
  name: Name,
  path: string,
): boolean {
  if (folders && !folders.some((folder) => path.startsWith(folder))) return false;
  if (kinds && !kinds.includes(name.kind)) return false;
  if (exact.includes(name.text)) return true;
  const text = ` ${wordsOf(name.text)} `;
  const contains = (phrase: string) => text.includes(` ${phrase} `);
  return words.some(contains) && !unless.some(contains);
}

const applies = (exception: Exception, name: Name, path: string): boolean =>
  exception.name === name.text &&
  exception.kind === name.kind &&
  (exception.folders?.some((folder) => path.startsWith(folder)) ?? true);
