import type { Finding, Source } from './source.ts';
import { children, type Node, parse, type Syntax } from './syntax.ts';

/** A table of fewer entries may be equal by chance. */
const MIN_ENTRIES = 6;

interface Rule {
  /** What it says, the same for two that say the same. */
  readonly text: string;
  readonly path: string;
  readonly line: number;
}

/**
 * Regular expressions and literal tables that sandbox/ and src/ both hold. A stand-in that checks with the product's own rules
 * accepts whatever the product sends; it must have its rules from the vendor.
 */
export function ownRules(sources: readonly Source[]): Finding[] {
  const rulesIn = (folder: string) => sources.filter(({ path }) => path.startsWith(folder)).flatMap(rulesOf);
  const product = new Map(rulesIn('src/').map((rule) => [rule.text, rule]));
  return rulesIn('sandbox/').flatMap(({ text, path, line }) => {
    const same = product.get(text);
    if (!same) return [];
    const message = `${text.slice(0, 60)} is in ${same.path}:${same.line} too → write the vendor's own rule`;
    return [{ path, line, message }];
  });
}

function rulesOf(source: Source): Rule[] {
  const syntax = parse(source);
  return syntax.body.flatMap((node) => collect(node, syntax, source.path));
}

function collect(node: Node, syntax: Syntax, path: string): Rule[] {
  const text = ruleOf(node);
  const own = text === undefined ? [] : [{ text, path, line: syntax.lineOf(node) }];
  return [...own, ...children(node).flatMap((child) => collect(child, syntax, path))];
}

function ruleOf(node: Node): string | undefined {
  if (node.type === 'RegExpLiteral') return `/${String(node.pattern)}/`;
  const entries = entriesOf(node);
  if (!entries || entries.length < MIN_ENTRIES) return undefined;
  return `[${entries.toSorted().join(' ')}]`;
}

/** The entries of a table: a list of literals, an object of literals or of lists of them, or words in one text. */
function entriesOf(node: Node): string[] | undefined {
  switch (node.type) {
    case 'StringLiteral': {
      const words = String(node.value).split(' ');
      // A sentence has small words and a stop; a list of codes has neither.
      return words.every((word) => /^[A-Z0-9_]{2,}$/.test(word)) ? words : undefined;
    }
    case 'ArrayExpression': {
      const elements = node.elements as ({ expression: Node } | undefined)[];
      return all(elements.map((element) => element && literalOf(element.expression)));
    }
    case 'ObjectExpression':
      return all((node.properties as Node[]).map(entryOf));
    case 'TsUnionType': {
      const types = node.types as Node[];
      return all(
        types.map((type) => (type.type === 'TsLiteralType' ? literalOf(type.literal as Node) : undefined)),
      );
    }
    default:
      return undefined;
  }
}

function entryOf({ type, key, value }: Node): string | undefined {
  if (type !== 'KeyValueProperty') return undefined;
  const literal = literalOf(value as Node);
  return literal === undefined ? undefined : `${String((key as Node).value)}=${literal}`;
}

function literalOf(node: Node): string | undefined {
  if (/^(String|Numeric|Boolean)Literal$/.test(node.type)) return String(node.value);
  return node.type === 'ArrayExpression' ? entriesOf(node)?.join(',') : undefined;
}

const all = (texts: readonly (string | undefined)[]): string[] | undefined =>
  texts.every((text) => text !== undefined) ? (texts as string[]) : undefined;
