import { refuse } from './errors.ts';

/** Source: Stripe, "Metadata": up to 50 keys, of up to 40 characters, with values of up to 500. */
const MOST = { keys: 50, keyLength: 40, valueLength: 500 };

/** Refuses metadata that Stripe refuses. @returns what is kept */
export function checkMetadata(metadata: unknown): Record<string, string> {
  const pairs = Object.entries((metadata ?? {}) as Record<string, unknown>);
  const wrong = (message: string, param: string): never =>
    refuse(400, { type: 'invalid_request_error', message, param });
  if (pairs.length > MOST.keys) wrong(`Metadata can have up to ${MOST.keys} keys.`, 'metadata');
  for (const [key, value] of pairs) {
    const param = `metadata[${key}]`;
    if (key.length > MOST.keyLength || /[[\]]/.test(key))
      wrong(`Metadata keys have up to ${MOST.keyLength} characters, without square brackets.`, param);
    if (typeof value !== 'string') wrong('Metadata values must be strings.', param);
    else if (value.length > MOST.valueLength)
      wrong(`Metadata values have up to ${MOST.valueLength} characters.`, param);
  }
  return Object.fromEntries(pairs) as Record<string, string>;
}
