/** The arrows of docs/architecture.md: a room may import only what this says. */
const ROOMS = {
  domain: [],
  postgres: ['domain'],
  'event-store': ['domain', 'postgres'],
  projections: ['domain', 'event-store', 'postgres'],
  story: ['domain', 'event-store', 'projections', 'postgres'],
  commands: ['domain', 'event-store', 'projections', 'postgres'],
  marketplace: ['domain', 'postgres'],
  scheduler: ['domain', 'event-store', 'commands', 'projections', 'marketplace', 'postgres'],
  http: ['domain', 'event-store', 'commands', 'projections', 'story', 'postgres'],
  tracing: ['domain', 'event-store', 'commands', 'projections', 'http'],
  browser: [],
};

module.exports = {
  forbidden: [
    {
      name: 'no-circles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    ...Object.entries(ROOMS).map(([room, mayImport]) => ({
      name: `${room}-imports-only-what-it-may`,
      severity: 'error',
      from: { path: `^src/${room}/` },
      to: { path: '^src/', pathNot: `^src/(${[room, ...mayImport].join('|')})/` },
    })),
    {
      name: 'domain-knows-only-zod',
      severity: 'error',
      from: { path: '^src/domain/' },
      to: { dependencyTypes: ['npm', 'npm-dev', 'core'], pathNot: 'node_modules/zod/' },
    },
    {
      name: 'the-port-of-the-log-knows-no-database',
      severity: 'error',
      from: { path: '^src/event-store/', pathNot: '^src/event-store/postgres/' },
      to: { path: '^src/(postgres|event-store/postgres)/|node_modules/pg/' },
    },
    {
      name: 'the-log-is-used-through-its-port',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(event-store/(postgres|kurrentdb)/|(core|eventStore)\\.ts$)' },
      to: { path: '^src/event-store/(postgres|kurrentdb)/' },
    },
    {
      name: 'marketplaces-are-used-through-their-port',
      severity: 'error',
      from: { path: '^src/(?!marketplace/|(service|recruiting|builtInMarketplace)\\.ts$|cli/)' },
      to: { path: '^src/marketplace/(?!port\\.ts$)' },
    },
    {
      name: 'only-the-simulated-marketplace-has-a-database',
      severity: 'error',
      from: { path: '^src/marketplace/', pathNot: '^src/marketplace/simulated/' },
      to: { path: '^src/postgres/|node_modules/pg/' },
    },
    {
      name: 'opentelemetry-is-loaded-only-when-asked-for',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/tracing/' },
      to: { path: 'node_modules/@(opentelemetry|hono/otel)/' },
    },
    {
      name: 'the-script-for-pages-brings-nothing',
      severity: 'error',
      from: { path: '^src/browser/' },
      to: { pathNot: '^src/browser/|node_modules/uplot/' },
    },
    { name: 'nothing-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'only-the-composition-root-knows-every-adapter',
      severity: 'error',
      from: { pathNot: '^src/(service|core|eventStore|recruiting|builtInMarketplace|main|config)\\.ts$|^src/cli/' },
      to: { path: '^src/(service|core|eventStore|recruiting|builtInMarketplace|main|config)\\.ts$|^src/cli/' },
    },
    {
      name: 'no-development-dependency-in-the-product',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev'] },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
    doNotFollow: { path: 'node_modules' },
  },
};
