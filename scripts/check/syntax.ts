import { type Module, parseSync } from '@swc/core';
import type { Source } from './source.ts';

/** A node of swc's tree, as far as a walk over every kind of node needs to know it. */
export interface Node {
  readonly type: string;
  readonly span?: { readonly start: number; readonly end: number };
  readonly [field: string]: unknown;
}

export interface Syntax {
  readonly body: readonly Node[];
  /** The line a node starts on, from 1. */
  lineOf(node: Node): number;
  /** The text of the file before a node. */
  textBefore(node: Node): string;
}

/** @throws when the file is not TypeScript */
export function parse({ path, text }: Source): Syntax {
  const module: Module = parseSync(text, {
    syntax: 'typescript',
    tsx: path.endsWith('.tsx'),
    target: 'es2024',
  });
  // swc counts bytes, and from 1.
  const bytes = Buffer.from(text);
  const textBefore = (node: Node) => bytes.toString('utf8', 0, (node.span?.start ?? 1) - 1);
  return {
    body: module.body as unknown as Node[],
    textBefore,
    lineOf: (node) => textBefore(node).split('\n').length,
  };
}

export const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && typeof (value as Node).type === 'string';

/** The nodes directly below a node, in the order of the source. Looks through plain objects such as `{ spread, expression }`. */
export function children(node: object): Node[] {
  return Object.values(node).flatMap((value: unknown) => {
    if (isNode(value)) return [value];
    return typeof value === 'object' && value !== null ? children(value) : [];
  });
}
