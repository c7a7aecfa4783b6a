import { type Response, Router } from 'express';
import type { World } from './world.ts';

interface FlagState {
  value: unknown;
  version: number;
  /** Values for single users, by user key. */
  targets: Map<string, unknown>;
}

export interface LaunchDarkly {
  router: Router;
  set(key: string, value: unknown, user?: string): void;
  get(key: string): unknown;
  /** Cuts every stream and refuses new ones until called again with false. */
  outage(on: boolean): void;
  /**
   * A network partition, which sends no reset: `streams`: those that are open say nothing ever again, new ones work; `everything`:
   * nothing is answered any more either, until called with `nothing`. What hung until then is never answered.
   */
  silence(of: 'streams' | 'everything' | 'nothing'): void;
  /** From now on a stream that is opened says nothing for so long, in ms: a service or a network under load. */
  delayStreams(ms: number): void;
  close(): void;
}

/** Source: LaunchDarkly's client SDK 2.7.5, "LaunchDarkly normally sends a heartbeat every 3 minutes". */
const HEARTBEAT_MS = 180_000;

/** The server-side streaming API, so that the real SDK sees a change within moments. */
export function launchDarkly(world: World, initial: Record<string, unknown>): LaunchDarkly {
  const flags = new Map<string, FlagState>();
  const streams = new Set<Response>();
  const silenced = new Set<Response>();
  let down = false;
  let hangs = false;
  let streamDelayMs = 0;
  for (const [key, value] of Object.entries(initial))
    flags.set(key, { value, version: 1, targets: new Map() });

  const everything = () => ({
    flags: Object.fromEntries([...flags].map(([key, state]) => [key, model(key, state)])),
    segments: {},
  });
  const router = Router();
  const all = () => [...streams, ...silenced];

  // Without an SDK key LaunchDarkly answers 401. In a partition no request arrives.
  router.use((req, res, next) => {
    if (hangs) {
      silenced.add(res);
      res.on('close', () => silenced.delete(res));
    } else if (!req.get('authorization')) res.status(401).end();
    else next();
  });

  router.get('/all', (req, res) => {
    world.calls.push({
      at: world.nowIso(),
      target: 'launchdarkly.stream',
      method: 'GET',
      path: req.originalUrl,
      status: down ? 503 : 200,
    });
    if (down) return void res.status(503).end();
    res.set({ 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
    res.flushHeaders();
    const opening = setTimeout(() => {
      event(res, 'put', { path: '/', data: everything() });
      streams.add(res);
    }, streamDelayMs);
    const beat = setInterval(() => streams.has(res) && res.write(':\n'), HEARTBEAT_MS);
    res.on('close', () => {
      clearTimeout(opening);
      clearInterval(beat);
      streams.delete(res);
      silenced.delete(res);
    });
  });
  router.get('/sdk/latest-all', (_req, res) => void (down ? res.status(503).end() : res.json(everything())));
  router.post(['/bulk', '/diagnostic'], (_req, res) => void res.status(202).end());

  return {
    router,
    get: (key) => flags.get(key)?.value,
    set(key, value, user) {
      const state = flags.get(key) ?? { value: user ? false : value, version: 0, targets: new Map() };
      if (user) state.targets.set(user, value);
      else state.value = value;
      state.version += 1;
      flags.set(key, state);
      for (const res of streams) event(res, 'patch', { path: `/flags/${key}`, data: model(key, state) });
    },
    outage(on) {
      down = on;
      if (on) for (const res of all()) res.destroy();
    },
    silence(of) {
      hangs = of === 'everything';
      if (of === 'nothing') return;
      for (const res of streams) silenced.add(res);
      streams.clear();
    },
    delayStreams(ms) {
      streamDelayMs = ms;
    },
    close() {
      for (const res of all()) res.destroy();
    },
  };
}

function event(res: Response, name: string, data: object): void {
  res.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
}

/** A flag in the form the server-side SDK evaluates. */
function model(key: string, state: FlagState) {
  const variations = [...new Set([state.value, ...state.targets.values()])];
  return {
    key,
    version: state.version,
    on: true,
    variations,
    fallthrough: { variation: variations.indexOf(state.value) },
    offVariation: variations.indexOf(state.value),
    targets: variations.map((value, variation) => ({
      variation,
      values: [...state.targets].filter(([, wanted]) => wanted === value).map(([user]) => user),
    })),
    rules: [],
    prerequisites: [],
    salt: key,
    trackEvents: false,
    clientSideAvailability: { usingEnvironmentId: false, usingMobileKey: false },
  };
}
