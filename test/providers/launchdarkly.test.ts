import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/server.ts';
import { createLaunchDarkly, type LaunchDarklyFlags } from '../../src/providers/launchdarkly/index.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { until } from '../support/until.ts';

let sandbox: Sandbox;
let flags: LaunchDarklyFlags;
beforeEach(async () => {
  sandbox = await startSandbox({});
  flags = await createLaunchDarkly({
    sdkKey: 'sdk-any',
    baseUrl: `${sandbox.url}/launchdarkly`,
    safeValue: () => true,
    log: createLogger('silent', 'worker'),
  });
});
afterEach(async () => {
  await flags.close();
  await sandbox.close();
});

test('a replaced stream that opens slowly is waited for, and brings the flags', async () => {
  sandbox.launchDarkly.silence('streams');
  sandbox.launchDarkly.set('auto_booking_disable_all', false);
  sandbox.launchDarkly.set('queue_book_disabled', true);
  // Longer than the interval at which a stream that is behind is replaced.
  sandbox.launchDarkly.delayStreams(8_000);
  await until('the flags to be current', () => flags.isCurrent(), 40_000);
  expect(await flags.evaluate('queue_book_disabled')).toBe(true);
  expect(await flags.evaluate('auto_booking_disable_all')).toBe(false);
}, 60_000);
