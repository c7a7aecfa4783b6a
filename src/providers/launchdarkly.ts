import LaunchDarkly from '@launchdarkly/node-server-sdk';
import type { EvaluateFlag } from '../flags/flags.ts';
import { safeValue } from '../flags/registry.ts';
import type { Logger } from '../telemetry/logger.ts';

export interface FlagProvider {
  readonly evaluate: EvaluateFlag;
  /** Whether flags come from a live stream; if not, every flag has its safe value. */
  live(): boolean;
  close(): Promise<void>;
}

/** How long the process waits at boot for its first flags before it goes on with the safe ones. */
const INIT_TIMEOUT_S = 5;
/**
 * How long a broken stream is forgiven. The SDK goes on with the flags it last saw, for hours if need be; a kill
 * switch thrown meanwhile would not be heard, so after this we fail closed. Routine reconnects take a second or two.
 */
const STREAM_GRACE_MS = 10_000;

/** Flags from LaunchDarkly, by stream: a change is seen within moments. */
export async function createLaunchDarkly(options: {
  sdkKey: string;
  baseUrl: string | undefined;
  log: Logger;
  streamGraceMs?: number;
}): Promise<FlagProvider> {
  const { sdkKey, baseUrl, log, streamGraceMs = STREAM_GRACE_MS } = options;
  let downSince: number | null = null;
  const client = LaunchDarkly.init(sdkKey, {
    ...(baseUrl && { baseUri: baseUrl, streamUri: baseUrl, eventsUri: baseUrl }),
    stream: true,
    sendEvents: false,
    diagnosticOptOut: true,
    logger: streamWatcher(
      () => (downSince ??= Date.now()),
      () => (downSince = null),
      log,
    ),
  });
  await client.waitForInitialization({ timeout: INIT_TIMEOUT_S }).catch(() => {
    log.error('LaunchDarkly is unreachable: every flag has its safe value, so nothing is booked');
  });

  const live = () => client.initialized() && (downSince === null || Date.now() - downSince < streamGraceMs);
  return {
    live,
    async evaluate(key, userId = 'fleet') {
      const safe = safeValue(key);
      if (!live()) return safe;
      const value: unknown = await client.variation(key, { kind: 'user', key: userId }, safe);
      return typeof value === 'boolean' ? value : safe;
    },
    close: async () => client.close(),
  };
}

/** The SDK tells of its stream only through its logger: these are the words it uses, and a test holds it to them. */
function streamWatcher(down: () => void, up: () => void, log: Logger) {
  const trouble = (message: string) => {
    if (/stream/i.test(message)) down();
    log.warn({ from: 'launchdarkly' }, message);
  };
  return {
    error: trouble,
    warn: trouble,
    info: (message: string) => {
      if (/Opened LaunchDarkly stream/i.test(message)) up();
    },
    debug: () => undefined,
  };
}
