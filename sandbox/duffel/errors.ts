import { Refusal, type Reply } from '../operation.ts';
import { newId } from '../world.ts';

export type ErrorType =
  | 'authentication_error'
  | 'airline_error'
  | 'invalid_state_error'
  | 'rate_limit_error'
  | 'validation_error'
  | 'invalid_request_error'
  | 'api_error';

/** An error body as Duffel sends it: `{meta:{request_id,status}, errors:[{type,code,title,message,source?}]}`. */
export function problem(
  status: number,
  type: ErrorType,
  code: string,
  message: string,
  pointer?: string,
): Reply {
  const error = { type, code, title: code.replaceAll('_', ' '), message };
  return {
    status,
    body: {
      meta: { request_id: newId('req'), status },
      errors: [pointer ? { ...error, source: { pointer, field: pointer.split('/').at(-1) } } : error],
    },
  };
}

export function refuse(...args: Parameters<typeof problem>): never {
  throw new Refusal(problem(...args));
}
