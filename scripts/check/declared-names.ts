import { children, isNode, type Node, type Syntax } from './syntax.ts';

/**
 * - `type`: a type, an interface or a class;
 * - `property`: a field, a method or a key, whose name a table, a payload or a vendor may have fixed;
 * - `value`: a function, a constant, a parameter.
 */
export type NameKind = 'type' | 'property' | 'value';

export interface DeclaredName {
  readonly text: string;
  readonly kind: NameKind;
  readonly node: Node;
}

/** Kind of node → the field that holds what it declares: an identifier, or a pattern with several. */
const DECLARATIONS: Record<string, [kind: NameKind, field: string]> = {
  ClassDeclaration: ['type', 'identifier'],
  ClassExpression: ['type', 'identifier'],
  TsInterfaceDeclaration: ['type', 'id'],
  TsTypeAliasDeclaration: ['type', 'id'],
  TsModuleDeclaration: ['type', 'id'],
  TsTypeParameter: ['type', 'name'],
  FunctionDeclaration: ['value', 'identifier'],
  FunctionExpression: ['value', 'identifier'],
  VariableDeclarator: ['value', 'id'],
  Parameter: ['value', 'pat'],
  CatchClause: ['value', 'param'],
  TsTupleElement: ['value', 'label'],
  ImportDefaultSpecifier: ['value', 'local'],
  ImportNamespaceSpecifier: ['value', 'local'],
  ClassProperty: ['property', 'key'],
  ClassMethod: ['property', 'key'],
  PrivateProperty: ['property', 'key'],
  PrivateMethod: ['property', 'key'],
  TsPropertySignature: ['property', 'key'],
  TsMethodSignature: ['property', 'key'],
  TsGetterSignature: ['property', 'key'],
  TsSetterSignature: ['property', 'key'],
  KeyValueProperty: ['property', 'key'],
  MethodProperty: ['property', 'key'],
  GetterProperty: ['property', 'key'],
  SetterProperty: ['property', 'key'],
};

/** Nodes whose `params` are patterns, not nodes of type Parameter. */
const BARE_PARAMETERS = [
  'ArrowFunctionExpression',
  'TsMethodSignature',
  'TsFunctionType',
  'TsConstructorType',
  'TsCallSignatureDeclaration',
  'TsIndexSignature',
];

/**
 * Every name the file declares. A name that another file fixes is not declared here: an import, a use, the shorthand
 * `{ name }`, a quoted key. A renaming (`name as other`, `{ name: other }`) declares the other.
 */
export function declaredNames(syntax: Syntax): DeclaredName[] {
  const found: DeclaredName[] = [];
  const add = (kind: NameKind, declared: unknown) => {
    if (!isNode(declared)) return;
    for (const node of boundBy(declared)) found.push({ text: String(node.value), kind, node });
  };
  const visit = (node: Node) => {
    const declaration = DECLARATIONS[node.type];
    if (declaration) add(declaration[0], node[declaration[1]]);
    if (BARE_PARAMETERS.includes(node.type))
      for (const parameter of node.params as Node[]) add('value', parameter);
    if (node.type === 'ImportSpecifier' && isNode(node.imported)) add('value', node.local);
    if (node.type === 'ExportSpecifier') add('value', node.exported);
    for (const child of children(node)) visit(child);
  };
  for (const node of syntax.body) visit(node);
  return found;
}

/**
 * The identifiers that an identifier or a pattern binds.
 * @param shorthand also those of `{ name }`, which take the name of what they bind
 */
export function boundBy(pattern: Node, shorthand = false): Node[] {
  const within = (inner: unknown) => (isNode(inner) ? boundBy(inner, shorthand) : []);
  switch (pattern.type) {
    case 'Identifier':
    case 'PrivateName':
      return [pattern];
    case 'AssignmentPattern':
      return within(pattern.left);
    case 'RestElement':
      return within(pattern.argument);
    case 'KeyValuePatternProperty':
      return within(pattern.value);
    case 'AssignmentPatternProperty':
      return shorthand ? within(pattern.key) : [];
    case 'ArrayPattern':
      return (pattern.elements as unknown[]).flatMap(within);
    case 'ObjectPattern':
      return (pattern.properties as unknown[]).flatMap(within);
    default:
      return [];
  }
}
