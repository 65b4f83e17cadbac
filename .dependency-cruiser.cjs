/**
 * The rules for imports between layers. The name of a rule says what must hold; tests/architecture/layers.test.ts
 * breaks each rule and checks that it is reported. A type-only dependency is an `import type`, which does not exist at
 * run time.
 */
const { existsSync, readdirSync, readFileSync } = require('node:fs');

const typeOnly = ['type-only'];

/**
 * The layers: each folder of src with a README, and the other folders that it may import, which the last line of the
 * README names.
 */
const layers = readdirSync('src')
  .filter((folder) => existsSync(`src/${folder}/README.md`))
  .map((folder) => {
    const [, line] = /^May import: (.+)\.$/m.exec(readFileSync(`src/${folder}/README.md`, 'utf8')) ?? [];
    if (line === undefined) throw new Error(`src/${folder}/README.md lacks its line "May import: ...".`);
    return [folder, line === 'nothing' ? [] : line.split(', ')];
  });

/** Files outside of the layers. They know nothing about the product, and every layer may import them. */
const HELPERS = '(group-by|original-stack|secret-file|report|start-step)\\.ts$';

/**
 * The folders of the web client, and the others that each may import. `pages` are those of the pages, each of which knows
 * no other. The files beside the folders (main.tsx, app.tsx, ...) assemble everything, and no folder imports them.
 */
const PAGES = [
  'student',
  'teacher',
  'pomodoro',
  'assignments',
  'ledger',
  'badges',
  'progress',
  'leaderboard',
  'settings',
];
const PAGE_PARTS = ['ui', 'words', 'api', 'session', 'outbox', 'live', 'kept'];
const webFolders = [
  ['words', []],
  ['ui', ['words']],
  ['api', ['kept']],
  ['kept', []],
  ['live', ['api']],
  ['outbox', ['api', 'ui', 'words', 'session']],
  ['session', ['api', 'ui', 'words']],
  ...PAGES.map((page) => [page, PAGE_PARTS]),
];

const webFolderRule = ([folder, others]) => ({
  name: `web-${folder}-imports-its-folders`,
  comment: 'The directions between the folders of the web client: see web/README.md.',
  severity: 'error',
  from: { path: `^web/app/${folder}/` },
  to: { path: '^web/app/', pathNot: `^web/app/(${[folder, ...others].join('|')})/` },
});

/** A folder may always import itself. Another rule covers app.ts and main.ts. */
const layerRule = ([folder, others]) => ({
  name: `${folder}-imports-its-layers`,
  comment: `src/${folder}/README.md says which other folders it may import.`,
  severity: 'error',
  from: { path: `^src/${folder}/` },
  to: {
    path: '^src/',
    pathNot: [`^src/(${[folder, ...others].join('|')})(/|\\.ts$)`, '^src/(app|main)\\.ts$', `^src/${HELPERS}`],
  },
});

module.exports = {
  forbidden: [
    {
      name: 'rewards-is-alone',
      comment:
        'The rules are pure: state, action, rules and time in, decision out. They import no package or node module.',
      severity: 'error',
      from: { path: '^src/rewards/' },
      to: { pathNot: '^src/rewards/' },
    },
    ...layers.filter(([folder]) => folder !== 'rewards').map(layerRule),
    {
      name: 'storage-takes-only-types-of-rewards',
      comment: 'An action applies the decisions of the rules; storage does not.',
      severity: 'error',
      from: { path: '^src/storage/' },
      to: { path: '^src/rewards/', dependencyTypesNot: typeOnly },
    },
    {
      name: 'policy-reads-through-its-loaders',
      comment: 'A policy with its own queries would repeat reads that the request has already made.',
      severity: 'error',
      from: { path: '^src/auth/policy\\.ts$' },
      to: { path: '^src/storage/', dependencyTypesNot: typeOnly },
    },
    {
      name: 'graphql-reads-through-loaders',
      comment:
        'Resolvers never write, and read only through loaders and actions. Else they import only types of storage.',
      severity: 'error',
      from: { path: '^src/graphql/' },
      to: { path: '^src/storage/', pathNot: '^src/storage/(batch-loader|loaders)\\.ts$', dependencyTypesNot: typeOnly },
    },
    {
      name: 'only-main-knows-the-app',
      comment: 'app.ts assembles the product and main.ts starts it. No other part of the product may import them.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/main\\.ts$' },
      to: { path: '^src/(app|main)\\.ts$' },
    },
    {
      name: 'config-and-helpers-know-nothing',
      comment: 'Files that every folder may import must not import any folder.',
      severity: 'error',
      from: { path: ['^src/config\\.ts$', `^src/${HELPERS}`] },
      to: { path: '^src/', pathNot: '^src/(app|main)\\.ts$' },
    },
    {
      name: 'every-file-has-a-layer',
      comment: 'A new folder of src needs a README with the line "May import: ..." before others import it.',
      severity: 'error',
      from: {},
      to: {
        path: '^src/',
        pathNot: [
          `^src/(${layers.map(([folder]) => folder).join('|')})/`,
          '^src/(app|main|config)\\.ts$',
          `^src/${HELPERS}`,
        ],
      },
    },
    {
      name: 'no-cycle',
      comment: 'Modules in a cycle see each other partly loaded. Cycles of type-only imports do not exist at run time.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: typeOnly } },
    },
    {
      name: 'product-imports-no-tests-or-tools',
      comment: 'The product ships without tests and tools, so it cannot import them.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(tests|bench|scripts|web)/' },
    },
    {
      name: 'product-imports-no-development-dependency',
      comment: 'The package is missing after npm ci --omit=dev. Move it to "dependencies".',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: typeOnly },
    },
    {
      name: 'web-imports-no-server',
      comment: 'The pages communicate with the server through GraphQL only.',
      severity: 'error',
      from: { path: '^web/' },
      to: { path: '^(src|tests|bench|scripts)/' },
    },
    ...webFolders.map(webFolderRule),
    {
      name: 'web-logic-knows-no-react',
      comment: 'The outbox, the live feed and what is kept run without a page. A .tsx file beside them shows them.',
      severity: 'error',
      from: { path: '^web/app/(outbox|live|kept)/[^/]+\\.ts$' },
      to: { path: ['(^|/)node_modules/(react|react-dom|urql|wouter)/', '\\.tsx$'] },
    },
    {
      name: 'web-ui-knows-no-data',
      comment: 'Components get what they show as properties, in their own words.',
      severity: 'error',
      from: { path: '^web/app/ui/' },
      to: { path: '(^|/)node_modules/(urql|@urql/core|wonka|graphql|graphql-ws|idb-keyval)/' },
    },
    {
      name: 'web-every-file-has-a-folder',
      comment: 'A new folder of the web client needs its line in this file.',
      severity: 'error',
      from: {
        path: `^web/app/(?!(${webFolders.map(([folder]) => folder).join('|')})/)[^/]+/`,
        pathNot: '^web/app/public/',
      },
      to: {},
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
