import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { headerText, inPath } from '../support/arbitrary-http.ts';
import {
  asText,
  beyondSchema,
  fromSchema,
  hostileString,
  type JsonSchema,
} from '../support/arbitrary-json.ts';
import { type Attacker, type Sent, startAttacker } from '../support/attacker.ts';

/** Nothing that a client can send is answered with 5xx: bodies, paths and queries from the routes' own schemas, and beyond them. */

interface Operation {
  readonly parameters?: readonly { name: string; in: string; schema: JsonSchema }[];
  readonly requestBody?: { content: { 'application/json': { schema: JsonSchema } } };
}
interface Route extends Operation {
  readonly method: string;
  readonly path: string;
}

/** Requests per route; more where a body that is taken is spoiled in one place at a time. */
const RUNS = 25;
const RUNS_WITH_EXAMPLE = 150;

let attacker: Attacker;
let document: { paths: Record<string, Record<string, Operation>>; components: { schemas: any } };
beforeAll(async () => {
  attacker = await startAttacker();
  document = (await attacker.user.call('GET', '/openapi.json')).body;
});
afterAll(() => attacker.stop());

const routes = (): Route[] =>
  Object.entries(document.paths)
    .flatMap(([path, item]) =>
      Object.entries(item).map(([method, operation]) => ({
        ...operation,
        method: method.toUpperCase(),
        path,
      })),
    )
    // The fuse last: blown, it stops what others ask for.
    .toSorted((a, b) => Number(a.path.includes('fuse')) - Number(b.path.includes('fuse')));

const ofSchema = (schema: JsonSchema) => fromSchema(schema, document.components.schemas, attacker.known);

const cursor = fc
  .record({
    at: fc.oneof(
      fc.constantFrom(
        '2026-02-30 00:00:00',
        '2026-11-28 12:00:00.5+99',
        '0000-01-01 00:00:00',
        '2026-01-01 25:00',
      ),
      fc.stringMatching(/^[\d :.+-]{10,40}$/),
      fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
    ),
    id: fc.oneof(fc.uuid(), hostileString),
  })
  .map((value) => Buffer.from(JSON.stringify(value)).toString('base64url'));

/** A request for a route: each part as its schema has it, or beyond that. */
function requestFor(route: Route): fc.Arbitrary<Sent> {
  const schema = route.requestBody?.content['application/json'].schema;
  const parameters = route.parameters ?? [];
  const part = (where: string) =>
    fc.record(
      Object.fromEntries(
        parameters
          .filter((parameter) => parameter.in === where)
          .map(({ name, schema: one }) => [
            name,
            fc.oneof(
              { weight: 4, arbitrary: ofSchema(one) },
              { weight: 1, arbitrary: where === 'header' ? headerText : hostileString },
              ...(name === 'cursor' ? [{ weight: 4, arbitrary: cursor }] : []),
            ),
          ]),
      ),
      { requiredKeys: where === 'path' ? undefined : [] } as { requiredKeys: never[] },
    );
  const example = attacker.examples[`${route.method} ${route.path}`];
  const valid = schema && (example ? fc.oneof(fc.constant(example), ofSchema(schema)) : ofSchema(schema));
  const body = valid ? beyondSchema(valid) : fc.option(fc.jsonValue(), { freq: 3, nil: undefined });
  const token = route.path.startsWith('/api/ops/') ? attacker.tokens.ops : attacker.tokens.traveller;
  return fc
    .tuple(part('path'), part('query'), part('header'), body, fc.constantFrom('utf-8', 'utf-16le'))
    .map(([path, query, headers, value, charset]) => {
      const filled = Object.entries(path).reduce(
        (text, [name, one]) => text.replace(`{${name}}`, inPath(one)),
        route.path,
      );
      const search = Object.entries(query).map(([name, one]) => `${name}=${inPath(one)}`);
      const key = headers['Idempotency-Key'];
      return {
        method: route.method,
        path: filled + (search.length ? `?${search.join('&')}` : ''),
        headers: {
          authorization: `Bearer ${token}`,
          ...(value !== undefined && { 'content-type': `application/json; charset=${charset}` }),
          ...(key !== undefined && { 'idempotency-key': latin1(String(key)) }),
        },
        body:
          value === undefined
            ? undefined
            : Buffer.from(asText(value), charset === 'utf-8' ? 'utf8' : 'utf16le'),
      };
    });
}

const latin1 = (text: string): string => text.replaceAll(/[^\x20-\xff]|\x7f/g, '?');

test('every route answers any body, path and query with less than 500', async () => {
  const statuses = new Map<string, Set<number>>();
  for (const route of routes()) {
    const seen = new Set<number>();
    statuses.set(`${route.method} ${route.path}`, seen);
    await fc.assert(
      fc.asyncProperty(requestFor(route), async (sent) => void seen.add(await attacker.answered(sent))),
      { numRuns: `${route.method} ${route.path}` in attacker.examples ? RUNS_WITH_EXAMPLE : RUNS },
    );
  }
  // Requests that are all refused at the first check would prove little.
  const taken = [...statuses].filter(([, seen]) => [...seen].some((status) => status < 300));
  expect(taken.map(([route]) => route)).toEqual(expect.arrayContaining(Object.keys(attacker.examples)));
  expect(taken.length).toBeGreaterThan(15);
}, 180_000);
