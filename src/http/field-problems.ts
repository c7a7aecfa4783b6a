import type { z } from 'zod';
import { FIELD_CODES, type FieldProblem } from '../errors.ts';

/**
 * What is wrong with each field.
 * @param given what was parsed
 */
export const fieldProblems = (error: z.ZodError, given: unknown): FieldProblem[] =>
  error.issues.flatMap((issue) => fieldProblem(issue, given));

function fieldProblem(issue: z.core.$ZodIssue, given: unknown): FieldProblem[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({
      field: [...issue.path, key].join('.'),
      code: 'unknown_field',
      message: 'is not a field of this request',
    }));
  const isMissing = at(given, issue.path) === undefined;
  const code = isMissing ? 'required' : codeOf(issue);
  return [{ field: issue.path.join('.') || 'body', code, message: issue.message }];
}

function codeOf(issue: z.core.$ZodIssue): FieldProblem['code'] {
  switch (issue.code) {
    case 'invalid_type':
    case 'invalid_format':
    case 'too_small':
      return issue.code;
    case 'too_big':
      return 'too_large';
    case 'custom':
      return FIELD_CODES.find((code) => code === issue.params?.code) ?? 'invalid_value';
    default:
      return 'invalid_value';
  }
}

function at(given: unknown, path: readonly PropertyKey[]): unknown {
  let value = given;
  for (const key of path) value = (value as Record<PropertyKey, unknown> | null | undefined)?.[key];
  return value;
}
