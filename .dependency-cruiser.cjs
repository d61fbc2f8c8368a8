// Turns the table of layers.cjs into dependency-cruiser's rules.
const { libraries, applications, owners } = require('./layers.cjs');

const escape = (text) => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
const oneOf = (names) => (names.length === 0 ? '(?!)' : `(${names.map(escape).join('|')})`);
const packagePath = (names) => `node_modules/${oneOf(names)}/`;
const isTest = '\\.spec\\.tsx?$|/test/';

function rulesOf(area, name, { imports, packages = [], node = false, nodeTypesIn = [] }) {
  const from = { path: `^${area}/${escape(name)}/(src|bin)/`, pathNot: isTest };
  const rules = [
    {
      name: `${name}-imports`,
      comment: `${area}/${name} may import: ${imports.join(', ') || 'nothing of ours'}`,
      severity: 'error',
      from,
      to: { path: '^(libs|apps)/', pathNot: `^${area}/${escape(name)}/|^libs/${oneOf(imports)}/src/index\\.ts$` },
    },
    {
      name: `${name}-packages`,
      comment: `${area}/${name} may use the packages: ${packages.join(', ') || 'none'}`,
      severity: 'error',
      from,
      to: {
        dependencyTypes: ['npm', 'npm-dev', 'npm-optional', 'npm-no-pkg', 'npm-unknown'],
        pathNot: packagePath(packages),
      },
    },
  ];
  if (!node) {
    rules.push({
      name: `${name}-node`,
      comment: `${area}/${name} runs without Node.js`,
      severity: 'error',
      from: { ...from, pathNot: [isTest, ...nodeTypesIn.map((file) => `/${escape(file)}$`)].join('|') },
      to: { dependencyTypes: ['core'] },
    });
  }
  return rules;
}

const ownerRules = Object.entries(owners).map(([packageName, owner]) => ({
  name: `only-${owner}-uses-${packageName}`,
  severity: 'error',
  from: { path: '^(libs|apps)/', pathNot: `^libs/${owner}/|${isTest}` },
  to: { path: packagePath([packageName]) },
}));

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-missing', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'no-test-in-source',
      severity: 'error',
      from: { path: '^(libs|apps)/[^/]+/src/', pathNot: isTest },
      to: { path: '\\.spec\\.tsx?$' },
    },
    ...Object.entries(libraries).flatMap(([name, rule]) => rulesOf('libs', name, rule)),
    ...Object.entries(applications).flatMap(([name, rule]) => rulesOf('apps', name, rule)),
    ...ownerRules,
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)dist/|\\.css$' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.layers.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'types', 'default'],
      extensions: ['.ts', '.tsx', '.js', '.mjs', '.json'],
    },
  },
};
