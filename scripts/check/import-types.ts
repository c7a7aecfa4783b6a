import type { Finding, Source } from './source.ts';
import { children, type Node, parse } from './syntax.ts';

/** `import('./a.ts').A` as a type: dependency-cruiser does not see it, so no import rule would hold for it. */
export const importTypes = (sources: readonly Source[]): Finding[] =>
  sources
    .filter(({ text }) => text.includes('import('))
    .flatMap((source) => {
      const syntax = parse(source);
      return syntax.body.flatMap(importTypesIn).map((node) => ({
        path: source.path,
        line: syntax.lineOf(node),
        message: `import('${(node.argument as Node).value}') as a type → write an import at the head of the file`,
      }));
    });

const importTypesIn = (node: Node): Node[] => [
  ...(node.type === 'TsImportType' ? [node] : []),
  ...children(node).flatMap(importTypesIn),
];
