import type { Request } from 'express';
import type { z } from 'zod';
import { refuse } from './errors.ts';

/** The `data` of a request's body. @throws a refusal that points at what is wrong */
export function parse<T>(schema: z.ZodType<T>, req: Request): T {
  const parsed = schema.safeParse(req.body?.data);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const pointer = `/${issue?.path.join('/') ?? ''}`;
  return refuse(
    422,
    'validation_error',
    'validation_required',
    issue?.message ?? 'Invalid request.',
    pointer,
  );
}
