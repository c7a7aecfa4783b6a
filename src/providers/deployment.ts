import type { MadeBy } from '../ports/vendor-list.ts';

/** The key of our metadata that names the deployment which made an object. It is stored at the vendors, and never changes. */
const KEY = 'deployment';

/** What we write on every object that we create on a vendor's account. */
export const metadataOf = (
  deployment: string,
  more: Readonly<Record<string, string>> = {},
): Record<string, string> => ({ ...more, [KEY]: deployment });

/** Who made an object, by its metadata. */
export function madeBy(metadata: Readonly<Record<string, unknown>>, deployment: string): MadeBy {
  const named = metadata[KEY];
  if (typeof named !== 'string' || named === '') return 'unnamed';
  return named === deployment ? 'us' : 'another_deployment';
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** An id of ours in an object's metadata; null where other systems of the account use the same key for something else. */
export function ownId(
  metadata: Readonly<Record<string, unknown>>,
  key: 'attempt_id' | 'trip_id',
): string | null {
  const id = metadata[key];
  return typeof id === 'string' && UUID.test(id) ? id : null;
}
