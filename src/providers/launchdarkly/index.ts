import { setTimeout as sleep } from 'node:timers/promises';
import LaunchDarkly, { type LDClient } from '@launchdarkly/node-server-sdk';
import type { FlagKey, FlagProvider } from '../../ports/flags.ts';
import type { Logger } from '../../ports/log.ts';
import { createVersionReader, type FlagVersions } from './versions.ts';

/** How long the process waits at boot for its first flags before it starts with the safe values. */
const INIT_TIMEOUT_S = 5;
/** A change reaches stream and polling API at about the same time: the stream gets ten looks of 50 ms to catch up. */
const LOOKS = 10;
const LOOK_INTERVAL_MS = 50;
/** A stream that is behind is replaced, at most this often: a fresh one takes a second or two. */
const RESTART_INTERVAL_MS = 5_000;
/** A replacement that has brought no flags for this long hangs. One that is slow, on a loaded host say, is not cut short. */
const OPENING_TIMEOUT_MS = 30_000;

/** A context that no flag targets: only versions are read with it. */
const FLEET = { kind: 'user', key: 'fleet' } as const;

/** LaunchDarkly, and what it takes to know whether its stream can be believed. */
export interface LaunchDarklyFlags extends Pick<FlagProvider, 'evaluate' | 'close'> {
  /**
   * Whether the stream has brought what the polling API shows. One that has not is replaced: after a network partition the
   * SDK would wait for five minutes (its read timeout; LaunchDarkly sends a heartbeat every three).
   * @throws Error when the polling API does not answer
   */
  isCurrent(): Promise<boolean>;
}

/**
 * Flags from LaunchDarkly, by stream: a change is seen within moments.
 * @param options.safeValue what holds for a flag without an answer
 */
export async function createLaunchDarkly(options: {
  readonly sdkKey: string;
  readonly baseUrl: string | undefined;
  readonly safeValue: (key: FlagKey) => boolean;
  readonly log: Logger;
}): Promise<LaunchDarklyFlags> {
  const { sdkKey, baseUrl, safeValue, log } = options;
  const readVersions = createVersionReader(sdkKey, baseUrl);
  let startedAt = 0;
  let client = start();
  await client.waitForInitialization({ timeout: INIT_TIMEOUT_S }).catch(() => {
    log.error('LaunchDarkly unreachable, every flag has its safe value');
  });

  function start(): LDClient {
    startedAt = Date.now();
    return LaunchDarkly.init(sdkKey, {
      ...(baseUrl && { baseUri: baseUrl, streamUri: baseUrl, eventsUri: baseUrl }),
      stream: true,
      sendEvents: false,
      diagnosticOptOut: true,
      logger: sdkLogger(log),
    });
  }

  function restart(): void {
    if (Date.now() - startedAt < (client.initialized() ? RESTART_INTERVAL_MS : OPENING_TIMEOUT_MS)) return;
    log.warn('the flag stream is behind and is replaced');
    const silent = client;
    client = start();
    silent.close();
  }

  async function hasCaughtUp(polled: FlagVersions): Promise<boolean> {
    if (!client.initialized()) return false;
    const { $flagsState: ours = {} } = (await client.allFlagsState(FLEET)).toJSON() as {
      $flagsState?: Record<string, { version?: number }>;
    };
    return [...polled].every(([key, version]) => (ours[key]?.version ?? -1) >= version);
  }

  return {
    async isCurrent() {
      const polled = await readVersions();
      for (let look = 0; look < LOOKS; look += 1) {
        if (await hasCaughtUp(polled)) return true;
        await sleep(LOOK_INTERVAL_MS);
      }
      restart();
      return false;
    },
    async evaluate(key, userId = 'fleet') {
      const safe = safeValue(key);
      if (!client.initialized()) return safe;
      const value: unknown = await client.variation(key, { kind: 'user', key: userId }, safe);
      return typeof value === 'boolean' ? value : safe;
    },
    close: async () => client.close(),
  };
}

/** What the SDK says goes to our log: its own would write to the console. */
const sdkLogger = (log: Logger) => {
  const warn = (message: string) => log.warn({ from: 'launchdarkly' }, message);
  return { error: warn, warn, info: () => undefined, debug: () => undefined };
};
