import { boundBy } from './declared-names.ts';
import type { Finding, Source } from './source.ts';
import { isNode, type Node, parse, type Syntax } from './syntax.ts';

/** What others build on: every export says what it is. */
const DOCUMENTED = /^src\/(ports\/|domain\/|queues\/contract\.ts$)/;

/** A JSDoc comment that ends the text, with nothing but directives for a linter between it and the declaration. */
const ENDS_WITH_JSDOC = /\/\*\*(?:(?!\*\/)[\s\S])*\*\/[ \t]*\n?(?:[ \t]*\/\/.*\n)*[ \t]*$/;

interface Export {
  readonly name: string;
  readonly declaration: Node;
}

/**
 * Exports without a JSDoc comment directly before them. A name that is exported more than once (overloads, a schema and
 * its type) needs one comment. `export … from` needs none: it is documented where it is declared.
 */
export const documentedExports = (sources: readonly Source[]): Finding[] =>
  sources.filter(({ path }) => DOCUMENTED.test(path)).flatMap(undocumented);

function undocumented(source: Source): Finding[] {
  const syntax = parse(source);
  const exports = exportsOf(syntax);
  const hasJsDoc = ({ declaration }: Export) => ENDS_WITH_JSDOC.test(syntax.textBefore(declaration));
  const documented = new Set(exports.filter(hasJsDoc).map(({ name }) => name));
  const first = exports.filter(({ name }, at) => exports.findIndex((other) => other.name === name) === at);
  return first
    .filter(({ name }) => !documented.has(name))
    .map(({ name, declaration }) => ({
      path: source.path,
      line: syntax.lineOf(declaration),
      message: `export ${name} → add a /** comment */ directly before it`,
    }));
}

/** What the file exports, with the node a comment has to precede. */
function exportsOf({ body }: Syntax): Export[] {
  const local = body.flatMap((node) => declared(node).map((name) => ({ name, declaration: node })));
  return body.flatMap((node): Export[] => {
    switch (node.type) {
      case 'ExportDeclaration':
        return declared(node.declaration as Node).map((name) => ({ name, declaration: node }));
      case 'ExportDefaultDeclaration':
      case 'ExportDefaultExpression':
        return [{ name: 'default', declaration: node }];
      case 'ExportNamedDeclaration': {
        if (node.source) return [];
        const names = (node.specifiers as Node[]).map(({ orig }) => (orig as Node).value);
        return local.filter(({ name }) => names.includes(name));
      }
      default:
        return [];
    }
  });
}

/** The names a top-level statement declares. */
function declared(node: Node): string[] {
  if (node.type === 'VariableDeclaration')
    return (node.declarations as Node[])
      .flatMap(({ id }) => boundBy(id as Node, true))
      .map(({ value }) => String(value));
  const name = node.identifier ?? node.id;
  return isNode(name) ? [String(name.value)] : [];
}
