/**
 * The import table of ARCHITECTURE.md: one rule for each module, named after it, and the rules that hold for all.
 * In a module's rule, `to.path` is what it is about and `to.pathNot` what is allowed.
 */

const SRC = '^src/';
const COMPOSERS = ['^src/(main|worker)\\.ts$', '^src/api/main\\.ts$', '^src/(cli|compose)/'];
const STORAGE_PORTS = '^src/storage/(?!open-)[^/]+\\.ts$';
const STREAM_PORTS = '^src/streams/(?!open-)[^/]+\\.ts$';
const MESSAGES = '^src/workflows/messages\\.ts$';
const FAILURES = '^src/workflows/failures\\.ts$';
const ERRORS = '^src/core/errors\\.ts$';
const SEARCH_ATTRIBUTES = '^src/workflows/search-attributes\\.ts$';
const TEMPORAL = '^node_modules/@temporalio/';
const DATABASE_DRIVERS = '^node_modules/(pg|drizzle-orm|@electric-sql|redis|ioredis|@redis|nats|@nats-io)/';
const REACT_HOOK = '^src/client/react\\.ts$';
const REACT = '^node_modules/(@types/)?react(-dom)?/';

/** Adapters lie in a folder each. */
const ADAPTER_FOLDER = '^src/(streams|storage|providers|tools)/([^/]+)/';

const modules = [
  {
    name: 'core',
    comment:
      'Core decides and does nothing: no Temporal, no Node, no other module; zod and ajv for the schemas at the edges.',
    from: { path: '^src/core/' },
    to: { pathNot: ['^src/core/', '^node_modules/(zod|ajv|@marcbachmann/cel-js)/'] },
  },
  {
    name: 'workflows',
    comment: 'Workflow code is replayed in a sandbox: core and the workflow SDK, nothing that does I/O.',
    from: { path: '^src/workflows/' },
    to: { pathNot: ['^src/(core|workflows|activities)/', '^node_modules/@temporalio/(workflow|common)/'] },
  },
  {
    name: 'workflows-know-activities-as-types',
    comment:
      'A value import would pull the activities and their drivers into the workflow bundle; proxyActivities needs types only.',
    from: { path: '^src/workflows/' },
    to: { path: '^src/activities/', dependencyTypesNot: ['type-only'] },
  },
  {
    name: 'workflows-carry-no-schema-library',
    comment:
      'Every cached workflow context would pay for it: keep the zod schema beside the types, in a *-schema.ts of its own.',
    from: { path: '^src/workflows/' },
    to: { path: '^node_modules/(zod|ajv|@marcbachmann)/', reachable: true },
  },
  {
    name: 'activities',
    comment:
      'Activities get ports handed to them, so that a test can hand them others: no adapter, no driver, no client. How an error becomes a Temporal failure is said once, in workflows/failures.',
    from: { path: '^src/activities/' },
    to: {
      dependencyTypesNot: ['core'],
      pathNot: [
        '^src/(core|activities)/',
        '^src/providers/language-model\\.ts$',
        '^src/tools/[^/]+\\.ts$',
        STORAGE_PORTS,
        STREAM_PORTS,
        MESSAGES,
        FAILURES,
        '^node_modules/@temporalio/(activity|common)/',
      ],
    },
  },
  {
    name: 'activities-know-messages-as-types',
    comment: 'An activity answers its workflow; it sends no messages and needs only their shapes.',
    from: { path: '^src/activities/' },
    to: { path: MESSAGES, dependencyTypesNot: ['type-only'] },
  },
  {
    name: 'providers',
    comment: 'A provider turns a request into model events: core and its own driver.',
    from: { path: '^src/providers/' },
    to: { path: [SRC, TEMPORAL, DATABASE_DRIVERS], pathNot: '^src/(core|providers)/' },
  },
  {
    name: 'tools',
    comment: 'A tool validates, runs and answers: core and its own driver.',
    from: { path: '^src/tools/' },
    to: { path: [SRC, TEMPORAL, DATABASE_DRIVERS], pathNot: '^src/(core|tools)/' },
  },
  {
    name: 'storage',
    comment: 'Storage keeps what core describes: core and its own driver.',
    from: { path: '^src/storage/' },
    to: { path: [SRC, TEMPORAL], pathNot: '^src/(core|storage)/' },
  },
  {
    name: 'streams',
    comment:
      'A stream log keeps events: core and its own driver. PostgreSQL is shared with storage: one dialect, one pool.',
    from: { path: '^src/streams/' },
    to: { path: [SRC, TEMPORAL], pathNot: ['^src/(core|streams)/', '^src/storage/postgres/'] },
  },
  {
    name: 'streams-share-the-dialect-only-in-postgres',
    comment: 'Of the streams only the PostgreSQL adapter, and the file that opens it, may lean on the storage adapter.',
    from: { path: '^src/streams/', pathNot: ['^src/streams/postgres/', '^src/streams/open-stream-log\\.ts$'] },
    to: { path: '^src/storage/postgres/' },
  },
  {
    name: 'temporal',
    comment:
      'Finds, starts and connects to Temporal, and makes sure that it knows the search attributes that workflows set.',
    from: { path: '^src/temporal/' },
    to: { path: [SRC, DATABASE_DRIVERS], pathNot: ['^src/(core|temporal)/', '^src/config\\.ts$', SEARCH_ATTRIBUTES] },
  },
  {
    name: 'temporal-knows-config-as-types',
    comment: 'The composition reads the configuration, once, and passes it on.',
    from: { path: '^src/temporal/' },
    to: { path: '^src/config\\.ts$', dependencyTypesNot: ['type-only'] },
  },
  {
    name: 'api',
    comment:
      'The API talks to ports and to Temporal; which backend is behind a port is decided where the process is composed.',
    from: { path: '^src/api/', pathNot: COMPOSERS },
    to: {
      path: [SRC, DATABASE_DRIVERS, '^node_modules/@temporalio/(worker|workflow|activity|testing)/'],
      pathNot: [
        '^src/(core|api|temporal)/',
        '^src/providers/provider-status\\.ts$',
        STORAGE_PORTS,
        STREAM_PORTS,
        MESSAGES,
      ],
    },
  },
  {
    name: 'nobody-imports-an-entry',
    comment: 'A main.ts starts a process when it is loaded.',
    from: {},
    to: { path: ['^src/(main|worker)\\.ts$', '^src/(api|cli)/main\\.ts$'] },
  },
  {
    name: 'client',
    comment: 'The client runs in browsers: of ours it has the words of the stream and of errors, and no Node.',
    from: { path: '^src/client/' },
    to: {
      pathNot: ['^src/client/', '^src/core/stream-event\\.ts$', ERRORS, '^node_modules/eventsource-parser/', REACT],
    },
  },
  {
    name: 'client-knows-errors-as-types',
    comment: 'What a page loads has no table of errors: it is told the code.',
    from: { path: '^src/client/' },
    to: { path: ERRORS, dependencyTypesNot: ['type-only'] },
  },
  {
    name: 'react-is-for-those-who-ask',
    comment: 'React is an optional peer: whoever imports the client without the hook need not have it.',
    from: { path: SRC, pathNot: REACT_HOOK },
    to: { path: [REACT_HOOK, REACT] },
  },
  {
    name: 'config',
    comment: 'The environment becomes values here, before anything else of the program exists.',
    from: { path: '^src/(config|secret-files)\\.ts$' },
    to: { dependencyTypesNot: ['core'], pathNot: ['^src/core/', '^src/secret-files\\.ts$', '^node_modules/zod/'] },
  },
  {
    name: 'a-module-without-a-row',
    comment: 'A new folder or file at the top of src needs its row in the table, here and in ARCHITECTURE.md.',
    from: {
      path: SRC,
      pathNot: [
        '^src/(core|workflows|activities|providers|tools|streams|storage|temporal|api|client)/',
        '^src/(config|secret-files)\\.ts$',
        ...COMPOSERS,
      ],
    },
    to: {},
  },
];

const adapters = [
  {
    name: 'adapters-stand-alone',
    comment: 'Two adapters that know each other cannot be chosen one by one.',
    from: { path: ADAPTER_FOLDER, pathNot: '^src/streams/postgres/' },
    to: { path: ADAPTER_FOLDER, pathNot: '^src/$1/$2/' },
  },
  {
    name: 'postgres-streams-stand-alone',
    comment: 'As the other adapters, except for the SQL dialect that it shares with PostgreSQL storage.',
    from: { path: '^src/streams/postgres/' },
    to: { path: ADAPTER_FOLDER, pathNot: '^src/(streams|storage)/postgres/' },
  },
  {
    name: 'ports-know-no-adapter',
    comment: 'Whoever imports a port would load every backend; only the open-*.ts files choose among them.',
    from: { path: '^src/(streams|storage)/(?!open-)[^/]+\\.ts$' },
    to: { path: '^src/(streams|storage)/[^/]+/' },
  },
];

const everywhere = [
  {
    name: 'no-cycles',
    comment: 'Modules that need each other are one module. Types count too.',
    from: {},
    to: { circular: true },
  },
  {
    name: 'no-orphans',
    comment: 'Nothing imports it and it imports nothing: use it or remove it.',
    from: { orphan: true, path: SRC },
    to: {},
  },
  {
    name: 'src-stands-alone',
    comment: 'The program runs without its tests, benchmarks, examples and scripts.',
    from: { path: SRC },
    to: { path: '^(test|bench|examples|scripts)/' },
  },
  {
    name: 'no-dev-dependencies',
    comment:
      'What src imports must be installed where the program runs. Type packages are gone by then; a peer is here for the tests.',
    from: { path: SRC },
    to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['npm-peer'], pathNot: '^node_modules/@types/' },
  },
  {
    name: 'no-undeclared-dependencies',
    comment: 'A package that another one happens to bring may be gone after the next install.',
    from: { path: SRC },
    // A peer is `npm-no-pkg` to the cruiser, too.
    to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['npm-peer'] },
  },
  {
    name: 'no-unresolvable',
    comment: 'The rules above go by the path of a file: an import that leads nowhere would slip through.',
    from: {},
    to: { couldNotResolve: true },
  },
];

module.exports = {
  forbidden: [...modules, ...adapters, ...everywhere].map((rule) => ({ severity: 'error', ...rule })),
  options: {
    doNotFollow: { path: '^node_modules/' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: 'specify',
    // As Node resolves an import: packages may have an entry for `require` besides.
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
