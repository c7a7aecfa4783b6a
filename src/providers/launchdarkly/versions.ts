import { z } from 'zod';

/** How long the service may take to answer, in ms: nothing new begins while it is asked. */
const ANSWER_TIMEOUT_MS = 4_000;
/** Where LaunchDarkly is polled. Source: LaunchDarkly, "Configuring the SDK": `baseUri`. */
const POLLING_URL = 'https://sdk.launchdarkly.com';

const polled = z.object({ flags: z.record(z.string(), z.object({ version: z.number() })) });

/** Flags by key, each with the number that rises with every change of it. */
export type FlagVersions = ReadonlyMap<string, number>;

/**
 * Reads the versions of all flags from LaunchDarkly's polling API, which its SDK uses when it does not stream. Unchanged flags
 * are a 304 without a body.
 * @param baseUrl of a relay or stand-in
 * @returns a function that throws when the service does not answer in time
 */
export function createVersionReader(sdkKey: string, baseUrl = POLLING_URL): () => Promise<FlagVersions> {
  let known: { readonly etag: string; readonly versions: FlagVersions } | null = null;
  return async () => {
    const response = await fetch(`${baseUrl}/sdk/latest-all`, {
      headers: { authorization: sdkKey, ...(known && { 'if-none-match': known.etag }) },
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    });
    if (response.status === 304 && known) return known.versions;
    if (!response.ok) {
      await response.body?.cancel();
      throw new Error(`the flag service answered ${response.status}`);
    }
    const { flags } = polled.parse(await response.json());
    const versions = new Map(Object.entries(flags).map(([key, { version }]) => [key, version]));
    const etag = response.headers.get('etag');
    known = etag ? { etag, versions } : null;
    return versions;
  };
}
