import fc from 'fast-check';

/** A schema as the OpenAPI document writes it: as much of JSON Schema as our routes use. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly format?: string;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly items?: JsonSchema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
}

/** What stands in for a value that JSON.stringify can't write; `asText` replaces it. */
const DEEP = 'DEEP:';

/** Strings that have broken programs: what Postgres can't store, keys of every object, dates that are none, long ones. */
const HOSTILE_STRINGS = [
  '',
  ' ',
  '\u0000',
  'a\u0000b',
  '\ud800',
  '\udfff tail',
  '\u2028\u0007\u001b[31m',
  '__proto__',
  'constructor',
  "'; drop table users; --",
  '%00',
  '../../etc/passwd',
  '9999-12-31',
  '0000-01-01',
  '2027-02-30',
  'NaN',
  'Infinity',
  '1e999',
  'é'.repeat(300),
  'x'.repeat(20_000),
];
const HOSTILE_NUMBERS = [0, -0, -1, 1.5, 2 ** 31, 2 ** 53, 2 ** 63, 1e308, -1e308, 5e-324];

export const hostileString: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...HOSTILE_STRINGS),
  fc.string({ unit: 'binary', maxLength: 40 }),
);

const hostileValue: fc.Arbitrary<unknown> = fc.oneof(
  hostileString,
  fc.constantFrom<unknown>(...HOSTILE_NUMBERS, null, true, false, [], {}, [[]], ['x', 1, null]),
  fc.jsonValue(),
  hostileString.map((key) => ({ [key]: key })),
  fc.constantFrom(10, 100, 8_000, 12_000).map((depth) => `${DEEP}${depth}`),
);

/** What the schema takes. @param known ids of things that exist, by the format `uuid` */
export function fromSchema(
  schema: JsonSchema,
  schemas: Readonly<Record<string, JsonSchema>>,
  known: readonly string[],
): fc.Arbitrary<unknown> {
  const inner = (one: JsonSchema) => fromSchema(one, schemas, known);
  if (schema.$ref) return inner(schemas[schema.$ref.split('/').at(-1) ?? ''] ?? {});
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map(inner));
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (Array.isArray(schema.type))
    return fc.oneof(...schema.type.map((type: string) => inner({ ...schema, type })));
  switch (schema.type) {
    case 'string':
      return stringOf(schema, known);
    case 'integer':
      return fc.integer({ min: schema.minimum ?? -100, max: schema.maximum ?? 10_000 });
    case 'number':
      return fc.double();
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array':
      return fc.array(inner(schema.items ?? {}), {
        minLength: schema.minItems ?? 0,
        maxLength: Math.min(schema.maxItems ?? 3, 3),
      });
    case 'object':
      return schema.properties
        ? fc.record(
            Object.fromEntries(Object.entries(schema.properties).map(([key, one]) => [key, inner(one)])),
            { requiredKeys: [...(schema.required ?? [])] },
          )
        : fc.dictionary(fc.string({ maxLength: 10 }), fc.jsonValue(), { maxKeys: 3 });
    default:
      return fc.jsonValue();
  }
}

/** Places and money that are real, so that a request comes further than the first check. */
const LIKELY = [
  'LHR',
  'JFK',
  'CDG',
  'GBP',
  'USD',
  'JPY',
  '420.00',
  '1',
  'pm_card_visa',
  '+442080160509',
  '12:30',
];

function stringOf({ format, pattern, minLength, maxLength }: JsonSchema, known: readonly string[]) {
  if (format === 'uuid') return fc.oneof(fc.constantFrom(...known), fc.uuid());
  if (format === 'date')
    return fc
      .integer({ min: -3, max: 400 })
      .map((days) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10));
  if (format === 'email') return fc.emailAddress();
  const regex = pattern && new RegExp(pattern, 'u');
  const likely = regex ? LIKELY.filter((one) => regex.test(one)) : [...LIKELY, ...known];
  const any = regex
    ? fc.stringMatching(regex)
    : fc.string({ minLength: minLength ?? 0, maxLength: Math.min(maxLength ?? 50, 50) });
  return likely.length ? fc.oneof(fc.constantFrom(...likely), any) : any;
}

/** The schema's own values, and values beyond it: one part of a valid value is hostile, or all of it. */
export function beyondSchema(valid: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.oneof(
    { weight: 3, arbitrary: valid },
    { weight: 1, arbitrary: hostileValue },
    {
      weight: 6,
      arbitrary: fc
        .tuple(valid, fc.nat(), hostileValue, fc.option(hostileString, { freq: 4 }))
        .map(([value, place, hostile, key]) => spoil(value, place, hostile, key)),
    },
  );
}

/** Puts a hostile value in the place of one of the parts of a value; or beside them, under a key of its own. */
function spoil(value: unknown, place: number, hostile: unknown, key: string | null): unknown {
  const copy = structuredClone(value);
  const parts: [holder: Record<string, unknown>, key: string][] = [];
  const collect = (one: unknown): void => {
    if (typeof one !== 'object' || one === null) return;
    for (const name of Object.keys(one)) {
      parts.push([one as Record<string, unknown>, name]);
      collect((one as Record<string, unknown>)[name]);
    }
  };
  collect(copy);
  const chosen = parts[place % Math.max(1, parts.length)];
  if (!chosen) return hostile;
  const [holder, own] = chosen;
  // Defined, for setting `__proto__` would make no key of it.
  const name = Array.isArray(holder) ? own : (key ?? own);
  Object.defineProperty(holder, name, {
    value: hostile,
    enumerable: true,
    configurable: true,
    writable: true,
  });
  return copy;
}

/** JSON text; what is nested too deep for JSON.stringify is written by hand. */
export const asText = (value: unknown): string =>
  (JSON.stringify(value) ?? 'null').replaceAll(/"DEEP:(\d+)"/g, (_match, depth: string) => {
    const levels = Math.min(Number(depth), 12_000);
    return `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;
  });
