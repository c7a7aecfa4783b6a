import type { Ajv2020 as Ajv } from 'ajv/dist/2020.js';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { apiDocument } from '../../scripts/support/api-document.ts';

interface Answered {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly status: number;
  readonly contentType: string | null;
  readonly body: unknown;
}

type Content = Record<string, { schema: object }>;
type Operation = { responses: Record<string, { content?: Content }> };

const document = closed(apiDocument()) as { paths: Record<string, Record<string, Operation>> };
const ajv: Ajv = new Ajv2020({ strict: false, allErrors: true });
formats.default(ajv);
ajv.addSchema(document, 'api');

/** Paths with the fewest parameters first: `/api/trips/preview` is not a trip. */
const templates = Object.keys(document.paths)
  .sort((a, b) => a.split('{').length - b.split('{').length)
  .map((path) => ({ path, pattern: new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}/?$`, 'i') }));

/**
 * Holds an answer of the API to the OpenAPI document: a status that is documented for the operation, with a body that matches its
 * schema and has no field besides. Webhooks are for vendors, and not in the document.
 * @throws Error that says what differs
 */
export function checkAnswer({ method, path, status, contentType, body }: Answered): void {
  // As the client sends it, without dots; what is no URL is under no path of the API.
  const pathname = URL.parse(path, 'http://api')?.pathname ?? '';
  if (!pathname.startsWith('/api/') || pathname.startsWith('/api/webhooks/')) return;
  const what = `${method} ${path} answered ${status}`;
  const template = templates.find(({ pattern }) => pattern.test(pathname))?.path;
  // HEAD is answered as GET is.
  const verb = method === 'HEAD' ? 'get' : method.toLowerCase();
  const operation = template && document.paths[template]?.[verb];
  if (!operation) {
    // What can't be read, such as a path with a lone %, is refused before its method is looked at.
    if (status < 400 && status !== 204) throw new Error(`${what}: no such operation is documented`);
    return;
  }
  const answer = operation.responses[status];
  if (!answer) throw new Error(`${what}, which its operation does not document: ${JSON.stringify(body)}`);
  const type = contentType?.split(';')[0] ?? '';
  const content = answer.content ?? {};
  if (method === 'HEAD' || (type === 'text/event-stream' && content[type])) return;
  if (Object.keys(content).length === 0) {
    if (body !== '' && body !== undefined) throw new Error(`${what} with a body that is not documented`);
    return;
  }
  if (!content[type]) throw new Error(`${what} as ${type}, which is not documented`);
  const at = ['paths', template, verb, 'responses', String(status), 'content', type, 'schema'];
  refuse(what, validatorAt(at), body);
}

/** Holds a value to a schema of the document's components, with no field besides. @throws Error that says what differs */
export const checkSchema = (name: string, value: unknown): void =>
  refuse(name, validatorAt(['components', 'schemas', name]), value);

const validators = new Map<string, ValidateFunction>();
function validatorAt(at: readonly string[]): ValidateFunction {
  const pointer = at
    .map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1')))
    .join('/');
  const validate = validators.get(pointer) ?? ajv.compile({ $ref: `api#/${pointer}` });
  validators.set(pointer, validate);
  return validate;
}

function refuse(what: string, validate: ValidateFunction, value: unknown): void {
  if (validate(value)) return;
  const why = validate.errors?.map(
    ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
  );
  throw new Error(`${what}: not as documented\n${why?.join('\n')}\n${JSON.stringify(value, null, 1)}`);
}

/** The document's objects are open, so that fields may be added; here a field that is not documented has leaked. */
function closed(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(closed);
  if (typeof node !== 'object' || node === null) return node;
  const all = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, closed(value)]));
  const isOpen = 'properties' in all && 'type' in all && !('additionalProperties' in all);
  return isOpen ? { ...all, additionalProperties: false } : all;
}
