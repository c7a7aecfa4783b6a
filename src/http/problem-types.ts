/** One type of problem. Its page, `/problems/<code>`, is made of these words. */
interface ProblemType {
  readonly status: number;
  readonly title: string;
  readonly meaning: string;
  /** What the reader can do. */
  readonly remedy: string;
}

/** Every type of problem that the API answers with. Clients switch on the code: codes are added, never renamed. */
export const PROBLEM_TYPES = {
  unreadable_request: {
    status: 400,
    title: 'Unreadable request',
    meaning: 'The body or the path is not what its headers say it is: the JSON does not parse, for example.',
    remedy: 'Correct the request. The same bytes are refused again.',
  },
  unauthenticated: {
    status: 401,
    title: 'Not signed in',
    meaning: 'There is no bearer token, or it is not valid any more.',
    remedy: 'Get a new token from your identity provider, and send it as `Authorization: Bearer <token>`.',
  },
  forbidden: {
    status: 403,
    title: 'Not allowed',
    meaning: 'The token is valid, but it does not allow this.',
    remedy: 'Sign in as somebody with the role that the route names.',
  },
  not_found: {
    status: 404,
    title: 'Not found',
    meaning: 'There is no such thing, or it belongs to somebody else.',
    remedy: 'Check the id. What belongs to another user looks the same as what does not exist.',
  },
  method_not_allowed: {
    status: 405,
    title: 'Method not allowed',
    meaning: 'The path exists, but not with this method.',
    remedy: 'Use one of the methods that the `Allow` header names.',
  },
  conflict: {
    status: 409,
    title: 'Conflict',
    meaning: 'The request is valid, but not in the present state of what it names.',
    remedy: 'Read the thing again. `detail` says what stands in the way, and what will happen.',
  },
  duplicate_trip: {
    status: 409,
    title: 'Duplicate trip',
    meaning:
      'One of the travellers has another trip that is the same or overlaps. `conflictingTripId` names it.',
    remedy: 'Change or cancel the other trip; or send `allowDuplicate: true` when both are meant.',
  },
  request_in_flight: {
    status: 409,
    title: 'Request in flight',
    meaning: 'A request with this Idempotency-Key is still being answered, or has just ended.',
    remedy: 'Send the same request again in a moment: it gets the same answer.',
  },
  too_large: {
    status: 413,
    title: 'Too large',
    meaning: 'The body is larger than any valid request.',
    remedy: 'Send less.',
  },
  unsupported_media_type: {
    status: 415,
    title: 'Unsupported media type',
    meaning: 'The body is not JSON, or in an encoding that is not taken.',
    remedy: 'Send JSON in UTF-8, with `Content-Type: application/json`.',
  },
  invalid_request: {
    status: 422,
    title: 'Invalid request',
    meaning: 'Fields of the body, the query or a header are not valid. Nothing was written.',
    remedy: '`errors` names each field, with a code for programs and a message for people.',
  },
  idempotency_key_reused: {
    status: 422,
    title: 'Idempotency-Key used before',
    meaning: 'This Idempotency-Key was used with another request.',
    remedy: 'Make a new key for each new request; repeat a key only with the same body.',
  },
  too_many_requests: {
    status: 429,
    title: 'Too many requests',
    meaning: 'More was sent, or is open, than one user or address may have.',
    remedy: 'Wait as many seconds as `Retry-After` says.',
  },
  internal: {
    status: 500,
    title: 'Something went wrong on our side',
    meaning: 'The request met an error of ours, which was reported.',
    remedy: 'Include `instance` when you contact support.',
  },
  unavailable: {
    status: 503,
    title: 'Not available right now',
    meaning: 'Something that the request needs does not answer: the database, the airline or the bank.',
    remedy:
      'Wait as many seconds as `Retry-After` says. `detail` says whether the request may have taken effect.',
  },
  overloaded: {
    status: 503,
    title: 'Too much at once',
    meaning: 'More requests are being answered than can be. This one was refused before anything was done.',
    remedy: 'Wait as many seconds as `Retry-After` says, and send it again; send fewer at once.',
  },
  bookings_stopped: {
    status: 503,
    title: 'Bookings are stopped',
    meaning: 'New bookings are switched off at the moment. What was booked is not concerned.',
    remedy: 'Post the trip with `autoBook` off to have it watched, or try again later.',
  },
} as const satisfies Record<string, ProblemType>;

/** The code of one type of problem. */
export type ProblemCode = keyof typeof PROBLEM_TYPES;

export const PROBLEM_CODES = Object.keys(PROBLEM_TYPES) as [ProblemCode, ...ProblemCode[]];

/** What each status means in general, for the OpenAPI document. */
export const STATUS_MEANINGS: Readonly<Record<number, string>> = Object.fromEntries(
  [...Object.values(PROBLEM_TYPES)]
    .reverse()
    .map(({ status, title, meaning }) => [status, `${title}. ${meaning}`]),
);
