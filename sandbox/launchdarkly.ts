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
  close(): void;
}

/** The server-side streaming API, so that the real SDK sees a change within moments. */
export function launchDarkly(world: World, initial: Record<string, unknown>): LaunchDarkly {
  const flags = new Map<string, FlagState>();
  const streams = new Set<Response>();
  let down = false;
  for (const [key, value] of Object.entries(initial))
    flags.set(key, { value, version: 1, targets: new Map() });

  const everything = () => ({
    flags: Object.fromEntries([...flags].map(([key, state]) => [key, model(key, state)])),
    segments: {},
  });
  const router = Router();

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
    event(res, 'put', { path: '/', data: everything() });
    streams.add(res);
    const beat = setInterval(() => res.write(':\n'), 15_000);
    res.on('close', () => {
      clearInterval(beat);
      streams.delete(res);
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
      if (on) for (const res of streams) res.destroy();
    },
    close() {
      for (const res of streams) res.end();
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
