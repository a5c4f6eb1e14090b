/** Direction of dependencies (docs/architecture.md): apps → api | engine → the five parts → engine-api. */
const parts = 'packages/(runtime|images|network|volumes)/';
/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'parts-do-not-know-each-other',
      comment: 'packages/engine joins runtime, images, network and volumes through small interfaces.',
      severity: 'error',
      from: { path: `^${parts}` },
      to: { path: `^${parts}`, pathNot: '^packages/$1/' },
    },
    {
      name: 'parts-know-only-the-contract',
      severity: 'error',
      from: { path: `^${parts}` },
      to: { path: '^(apps|packages)/', pathNot: ['^packages/$1/', '^packages/engine-api/'] },
    },
    {
      name: 'contract-knows-nobody',
      severity: 'error',
      from: { path: '^packages/engine-api/' },
      to: { path: '^(apps|packages)/', pathNot: '^packages/engine-api/' },
    },
    {
      name: 'client-knows-only-the-contract',
      severity: 'error',
      from: { path: '^packages/docker-client/', pathNot: '\\.test\\.ts$' },
      to: { path: '^(apps|packages)/', pathNot: '^packages/(docker-client|engine-api)/' },
    },
    {
      name: 'engine-joins-the-parts-only',
      severity: 'error',
      from: { path: '^packages/engine/' },
      to: {
        path: '^(apps|packages)/',
        pathNot: '^packages/(engine|engine-api|runtime|images|network|volumes)/',
      },
    },
    {
      name: 'console-reaches-the-engine-over-its-api-only',
      severity: 'error',
      from: { path: '^(apps/web|packages/(api|ui|db))/', pathNot: '\\.test\\.ts$' },
      to: { path: '^(apps/engine|packages/(engine|runtime|images|network|volumes))/' },
    },
    {
      name: 'no-package-reaches-an-app',
      severity: 'error',
      from: { path: '^packages/', pathNot: '\\.test\\.ts$' },
      to: { path: '^apps/' },
    },
  ],
  options: {
    doNotFollow: { path: ['node_modules'] },
    exclude: { path: ['(^|/)(node_modules|\\.next|generated|build)/'] },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
      extensions: ['.ts', '.tsx', '.mjs', '.js'],
    },
  },
};
