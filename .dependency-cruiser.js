/** The import rules of docs/architecture.md. `npm run check` fails on any breach. */
const only = (from, allowed, comment) => ({
  name: `${from}-imports`,
  comment,
  severity: 'error',
  from: { path: `^src/${from}/` },
  to: { path: '^src/', pathNot: [`^src/${from}/`, ...allowed.map((room) => `^src/${room}`)] },
});

export default {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    only('domain', [], 'Pure decisions: nothing of ours, no I/O.'),
    only('db', ['domain/', 'errors', 'config'], 'Queries know the domain and nothing above them.'),
    only(
      'providers',
      ['domain/', 'errors', 'config', 'flags/', 'telemetry/logger'],
      'One vendor each; SDK types stop here.',
    ),
    only('flags', ['domain/', 'errors', 'config'], 'The registry and its evaluation.'),
    only(
      'queues',
      ['domain/', 'db/', 'config', 'errors', 'clock', 'telemetry/logger'],
      'What may be asked, and the way there.',
    ),
    only('emails', ['domain/'], 'Templates: data in, markup out.'),
    only(
      'services',
      ['domain/', 'queues/', 'db/', 'providers/', 'flags/', 'emails/', 'errors', 'clock', 'telemetry/logger'],
      'Use-cases.',
    ),
    only(
      'processors',
      ['services/', 'domain/', 'queues/', 'flags/', 'config', 'errors', 'telemetry/'],
      'How each job is done.',
    ),
    only(
      'commands',
      ['services/', 'db/client', 'errors'],
      'What ops do at a terminal: read the line, one call, say what came of it.',
    ),
    only(
      'http',
      ['services/', 'domain/', 'db/client', 'providers/', 'config', 'errors', 'telemetry/'],
      'Parse, one call, reply.',
    ),
    {
      name: 'services-get-vendors-handed-in',
      comment:
        'Providers and flags are types to a service. Errors a provider throws are its vocabulary, and allowed.',
      severity: 'error',
      from: { path: '^src/services/' },
      to: {
        path: '^src/(providers|flags)/',
        pathNot: ['^src/providers/stripe/index'],
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'http-gets-vendors-handed-in',
      severity: 'error',
      from: { path: '^src/http/' },
      to: { path: '^src/(providers|flags|queues|processors)/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'bullmq-in-three-places',
      comment: 'Only publisher, schedules and runner speak BullMQ at run time.',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/queues/(publisher|schedules)', '^src/processors/runner'] },
      to: { path: 'node_modules/bullmq', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'src-never-imports-the-sandbox',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(sandbox|test|scripts)/' },
    },
    {
      name: 'the-sandbox-shares-no-code',
      severity: 'error',
      from: { path: '^sandbox/' },
      to: { path: '^(src|test|scripts)/' },
    },
    {
      name: 'no-orphans-from-outside',
      severity: 'error',
      from: { path: '^src/' },
      to: { couldNotResolve: true },
    },
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
