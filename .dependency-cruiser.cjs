/**
 * The directions of dependencies. Each rule's name says what holds; tests/architecture/layers.test.ts breaks each of
 * them and sees it named. "Type-only" is an `import type`: it is gone when the product runs.
 */
const typeOnly = ['type-only'];

/** What a folder of src may import of the rest of src; itself always. (That nobody imports app.ts is a rule of its own.) */
const layer = (folder, allowed, comment) => ({
  name: `${folder}-knows-its-place`,
  comment,
  severity: 'error',
  from: { path: `^src/${folder}/` },
  to: {
    path: '^src/',
    pathNot: [`^src/${folder}/`, '^src/(app|main)\\.ts$', ...allowed.map((each) => `^src/${each}`)],
  },
});

/** Files without a layer: no knowledge of the product in them. */
const HELPERS = '(group-by|start-step)\\.ts$';

module.exports = {
  forbidden: [
    {
      name: 'rewards-is-alone',
      comment: 'The rules are pure: state, action, rules and time in, decision out. No package, no builtin of node.',
      severity: 'error',
      from: { path: '^src/rewards/' },
      to: { pathNot: '^src/rewards/' },
    },
    layer('storage', ['rewards/', HELPERS], 'Storage keeps what others decide.'),
    {
      name: 'storage-takes-only-types-of-rewards',
      comment: 'What the rules decide is applied by an action, not by the storage.',
      severity: 'error',
      from: { path: '^src/storage/' },
      to: { path: '^src/rewards/', dependencyTypesNot: typeOnly },
    },
    layer('auth', ['storage/', HELPERS], 'Who may do what is asked by actions and the edge, and asks neither of them.'),
    {
      name: 'policy-reads-through-its-loaders',
      comment: 'A policy with queries of its own would read what the request has read already.',
      severity: 'error',
      from: { path: '^src/auth/policy\\.ts$' },
      to: { path: '^src/storage/', dependencyTypesNot: typeOnly },
    },
    layer('actions', ['rewards/', 'storage/', 'auth/', HELPERS], 'An action does not know who calls it.'),
    layer('graphql', ['actions/', 'rewards/', 'storage/', 'auth/', HELPERS], 'The edge does not know what carries it.'),
    {
      name: 'graphql-reads-through-loaders',
      comment: 'Resolvers never write and read only through loaders and actions; anything else of storage is types.',
      severity: 'error',
      from: { path: '^src/graphql/' },
      to: { path: '^src/storage/', pathNot: '^src/storage/loaders\\.ts$', dependencyTypesNot: typeOnly },
    },
    layer(
      'http',
      ['graphql/', 'auth/', 'config\\.ts$'],
      'HTTP carries the edge and knows nothing of what is behind it.',
    ),
    layer(
      'cli',
      ['(actions|auth|graphql|rewards|storage)/', 'config\\.ts$', HELPERS],
      'A command needs no HTTP server.',
    ),
    {
      name: 'only-main-knows-the-app',
      comment: 'app.ts puts everything together and main.ts starts it: nothing of the product may need them.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/main\\.ts$' },
      to: { path: '^src/(app|main)\\.ts$' },
    },
    {
      name: 'config-and-helpers-know-nothing',
      comment: 'What every folder may import must import none of them.',
      severity: 'error',
      from: { path: ['^src/config\\.ts$', `^src/${HELPERS}`] },
      to: { path: '^src/', pathNot: '^src/(app|main)\\.ts$' },
    },
    {
      name: 'every-file-has-a-layer',
      comment: 'A new folder or file of src gets its direction here, before anything imports it.',
      severity: 'error',
      from: {},
      to: {
        path: '^src/',
        pathNot: [
          '^src/(rewards|storage|auth|actions|graphql|http|cli)/',
          '^src/(app|main|config|group-by|start-step)\\.ts$',
        ],
      },
    },
    {
      name: 'no-cycle',
      comment:
        'Modules that load each other see each other half loaded. Cycles of types are none when the product runs.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: typeOnly } },
    },
    {
      name: 'product-imports-no-tests-or-tools',
      comment: 'What is not shipped cannot be imported by what is.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(tests|bench|scripts|web)/' },
    },
    {
      name: 'product-imports-no-development-dependency',
      comment: 'It is not there after npm ci --omit=dev: move it to "dependencies".',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: typeOnly },
    },
    {
      name: 'web-imports-no-server',
      comment: 'The pages speak GraphQL with the server, and nothing else.',
      severity: 'error',
      from: { path: '^web/' },
      to: { path: '^(src|tests|bench|scripts)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|node_modules/\\.)' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.mjs', '.js', '.json'],
    },
  },
};
