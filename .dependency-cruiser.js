/** The import rules of docs/architecture.md. `make check` fails on any breach. An import of types alone counts too. */

/** Room of src/ → the rooms it may import besides its own. */
const ROOMS = {
  errors: [],
  domain: [],
  ports: ['domain', 'errors'],
  config: ['ports', 'domain', 'errors'],
  telemetry: ['ports', 'errors', 'config'],
  db: ['ports', 'domain', 'errors', 'config'],
  providers: ['ports', 'domain', 'errors', 'config'],
  redis: ['ports', 'domain', 'errors', 'config'],
  flags: ['ports', 'domain', 'errors', 'config'],
  emails: ['ports', 'domain', 'errors', 'config'],
  queues: ['ports', 'domain', 'redis', 'errors', 'config'],
  services: ['ports', 'domain', 'queues', 'emails', 'errors'],
  processors: ['services', 'ports', 'domain', 'queues', 'errors', 'config', 'telemetry'],
  http: ['services', 'ports', 'domain', 'errors', 'config', 'telemetry'],
  commands: ['services', 'ports', 'domain', 'errors', 'app'],
};

/** Rooms that build the others, and import any of them. */
const ROOTS = ['app', 'bin'];

/** The files of a room: a folder or a single file. */
const room = (name) => `^src/${name}(/|\\.tsx?$)`;

/** The modules of npm packages, installed or not. A `*` stands for any package of a scope. */
const packages = (...names) =>
  `(^|node_modules/)(@types/)?(${names.map((name) => name.replace('*', '[^/]+')).join('|')})(/|$)`;

const VENDOR_SDKS = packages('stripe', '@duffel/api', 'resend', '@launchdarkly/*');
const DRIVERS = packages('kysely', 'pg', 'ioredis', 'bullmq');

const forbid = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

export default {
  forbidden: [
    forbid('no-circles', 'Modules that need one another are one module.', {}, { circular: true }),
    forbid(
      'every-import-resolves',
      'The module does not exist.',
      { path: '^(src|sim|sandbox|scripts|test)/' },
      { couldNotResolve: true },
    ),

    // src
    forbid(
      'every-room-has-a-row',
      'The import table has no row for this room.',
      {},
      { path: '^src/', pathNot: [...Object.keys(ROOMS), ...ROOTS].map(room) },
    ),
    forbid(
      'src-stands-alone',
      'The product needs none of its sandbox, simulator, tests, scripts and benchmarks.',
      { path: '^src/' },
      { path: '^(sandbox|sim|test|scripts|bench)/' },
    ),
    forbid(
      'providers-are-handed-in',
      'Only the composition root (app) builds providers; everybody else knows the ports.',
      { path: '^src/', pathNot: [room('providers'), room('app')] },
      { path: room('providers') },
    ),
    forbid(
      'sql-stands-in-db',
      'Only src/db/ knows the database: everybody else asks a store.',
      { path: '^src/', pathNot: room('db') },
      { path: packages('kysely', 'pg') },
    ),
    forbid(
      'no-drivers-in-use-cases',
      'Services and http see storage, queues and vendors through ports.',
      { path: [room('services'), room('http')] },
      { path: [DRIVERS, VENDOR_SDKS] },
    ),
    forbid(
      'domain-has-no-io',
      'Decisions are pure.',
      { path: [room('domain'), room('ports')] },
      { path: [DRIVERS, VENDOR_SDKS] },
    ),
    forbid(
      'vendor-sdks-in-providers',
      'A vendor stops at its folder in providers.',
      { path: '^(src|sim|sandbox|scripts)/', pathNot: room('providers') },
      { path: VENDOR_SDKS },
    ),
    forbid(
      'bullmq-in-three-places',
      'Only the publisher, the schedules and the runner import bullmq at run time.',
      {
        path: '^src/',
        pathNot: ['queues/outbox/publisher', 'queues/schedules', 'processors/runner'].map(room),
      },
      { path: packages('bullmq'), dependencyTypesNot: ['type-only'] },
    ),

    // The other programs. Tests and benchmarks may import anything.
    forbid(
      'sandbox-shares-no-code',
      'The sandbox proves the product only while it shares nothing with it.',
      { path: '^sandbox/' },
      { path: '^(src|sim|test|scripts|bench)/' },
    ),
    forbid(
      'sim-imports-use-cases',
      'The simulator runs ports, domain, services, processors, queues, flags, the mapping of the vendors, and the lock.',
      { path: '^sim/' },
      {
        path: '^src/',
        pathNot: [
          ...['ports', 'domain', 'services', 'processors', 'queues', 'flags', 'errors'].map(room),
          // Everything of a vendor but its adapter, which calls over the network.
          '^src/providers/[^/]+/(?!index\\.ts$)',
          // What the mappings of all vendors share.
          '^src/providers/(deployment|lenient)\\.ts$',
          // Its Lua scripts run on the simulator's Redis.
          '^src/redis/lock\\.ts$',
        ],
      },
    ),
    forbid(
      'sim-imports-the-sandbox-alone',
      'Besides src, the simulator imports the sandbox.',
      { path: '^sim/' },
      { path: '^(test|scripts|bench)/' },
    ),
    forbid(
      'scripts-start-processes',
      'Scripts start processes; of src they import what generates files, the migrations, and the checks of servers.',
      { path: '^scripts/' },
      {
        path: '^src/',
        pathNot: [
          'commands',
          'db/migrate',
          'db/check',
          'redis/check',
          'http/openapi',
          'http/routes',
          'flags',
          'emails',
        ].map(room),
      },
    ),

    // The import table. It stands last: of two rules that one import breaks, the first is reported.
    ...Object.entries(ROOMS).map(([name, allowed]) =>
      forbid(
        `${name}-imports`,
        `${name} may import ${allowed.length ? allowed.join(', ') : 'nothing of ours'}.`,
        { path: room(name) },
        { path: '^src/', pathNot: [name, ...allowed].map(room) },
      ),
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    parser: 'swc',
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
