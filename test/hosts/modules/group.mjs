// Module systems: how users' tools load the packages, and which types their compilers find. What a tool prints or writes
// is the answers of all clouds to both tokens.
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { typeCheckers } from './types.mjs';

const PROGRAM = fileURLToPath(new URL('program/main.ts', import.meta.url));
const NODES = ['node20', 'node22', 'node24', 'node26'];
const label = (runtime) => runtime.replace('node', 'Node ');

const TS_NODE = 'node_modules/ts-node/dist/bin.js';
const TSX = 'node_modules/tsx/dist/cli.mjs';

/** Tools that run a program in a package of this kind, on these Nodes. */
const PROGRAMS = [
  { kind: 'commonjs', name: 'require()', nodes: NODES, args: ['main.cjs'] },
  { kind: 'commonjs', name: 'tsx, CommonJS', nodes: NODES, args: [TSX, 'main.ts'] },
  { kind: 'esm', name: 'tsx, ES modules', nodes: NODES, args: [TSX, 'main.ts'] },
  { kind: 'commonjs', name: 'ts-node, nodenext', nodes: ['node20', 'node24'], args: [TS_NODE, 'main.ts'] },
  { kind: 'commonjs', name: 'ts-node -T', nodes: ['node20', 'node24'], args: [TS_NODE, '-T', 'main.ts'] },
  // Node 20 runs no .ts file.
  { kind: 'esm', name: 'type stripping', nodes: NODES.slice(1), args: ['main.ts'] },
];

const jest = (setting) => [
  'node_modules/jest/bin/jest.js',
  '--no-cache',
  '-c',
  `jest.${setting}.config.json`,
];

const RUNNERS = [
  {
    kind: 'commonjs',
    name: 'Jest, vm modules',
    // require() of ES modules needs what Node's vm module has since 24.9.
    nodes: ['node24', 'node26'],
    args: ['--experimental-vm-modules', ...jest('vm')],
  },
  { kind: 'commonjs', name: 'Jest, ts-jest', nodes: ['node20', 'node24'], args: jest('ts-jest') },
  { kind: 'commonjs', name: 'Jest, Babel', nodes: ['node20', 'node24'], args: jest('babel') },
  // vitest 5 asks for Node 22.12.
  { kind: 'esm', name: 'vitest', nodes: NODES.slice(1), args: ['node_modules/vitest/vitest.mjs', 'run'] },
];

/** Jest's configurations: those that the README of @credex/core tells users to set. */
async function writeJestConfigs(folder) {
  const readme = await readFile(join(folder, 'node_modules', '@credex', 'core', 'README.md'), 'utf8');
  const blocks = Array.from(readme.matchAll(/^```json\n([\s\S]*?)^```$/gm), ([, text]) => text);
  const configOf = (transformer) => {
    const text = blocks.find((block) => block.includes(`"${transformer}"`));
    if (text === undefined)
      throw new Error(`The README of @credex/core has no configuration of ${transformer}.`);
    return JSON.parse(text);
  };
  const configs = {
    vm: { transform: {}, testMatch: ['<rootDir>/clouds.test.js'] },
    'ts-jest': { ...configOf('ts-jest'), testMatch: ['<rootDir>/typed.test.ts'] },
    babel: { ...configOf('babel-jest'), testMatch: ['<rootDir>/clouds.test.js'] },
  };
  // The mistake that the README warns of.
  const plugins = ['@babel/plugin-transform-modules-commonjs'];
  configs['babel-half'] = { ...configs.babel, transform: { '\\.js$': ['babel-jest', { plugins }] } };
  for (const [name, config] of Object.entries(configs))
    await writeFile(join(folder, `jest.${name}.config.json`), JSON.stringify(config));
}

/** Runs a test runner whose test writes the answers into a file. */
async function written({ run }, command, args, cwd) {
  const file = join(cwd, 'answers.json');
  await rm(file, { force: true });
  const ended = await run(command, args, { cwd, env: { HOSTS_ANSWERS: file } });
  if (ended.code !== 0)
    return { stdout: ended.stdout, stderr: `${ended.stderr}\nIt ended with ${ended.code}.` };
  return JSON.parse(await readFile(file, 'utf8'));
}

/** A port on which nothing listens: the cause that Node gives must reach the caller also through a test runner's realm. */
function unreachable({ row }, host, { unreachable: answer }) {
  const ok = answer?.code === 'network' && answer.cause === 'ECONNREFUSED';
  row({ host, cloud: 'cause', case: 'refusal', ok, detail: JSON.stringify(answer) });
}

/** Without Babel's plugin for `import()` no refusal can be explained, and each says why and where the settings are. */
async function halfConfigured(context, cwd) {
  const { preview } = await written(context, context.runtimes.node20, jest('babel-half'), cwd);
  for (const cloud of ['aws', 'gcp', 'azure']) {
    const { code, hint = '' } = preview?.[cloud] ?? {};
    const ok = code === 'unknown' && /could not be loaded.*README of @credex\/core/.test(hint);
    const host = 'Jest, Babel without import()';
    context.row({ host, cloud, case: 'refusal', ok, detail: JSON.stringify(preview?.[cloud]) });
  }
}

export async function run(context) {
  const { folder, runtimes, clouds } = context;
  const folders = {};
  for (const kind of ['commonjs', 'esm']) {
    folders[kind] = await folder(`modules-${kind}`, {
      packages: ['aws', 'gcp', 'azure', 'verify', 'credex'],
      from: `modules/${kind}`,
    });
    await cp(PROGRAM, join(folders[kind], 'main.ts'));
  }
  await writeJestConfigs(folders.commonjs);
  for (const { kind, name, nodes, args } of PROGRAMS)
    for (const node of nodes)
      clouds(`${name}, ${label(node)}`, await context.run(runtimes[node], args, { cwd: folders[kind] }));
  for (const { kind, name, nodes, args } of RUNNERS)
    for (const node of nodes) {
      const host = `${name}, ${label(node)}`;
      const answers = await written(context, runtimes[node], args, folders[kind]);
      clouds(host, answers);
      if (kind === 'commonjs') unreachable(context, host, answers);
    }
  await halfConfigured(context, folders.commonjs);
  await typeCheckers(context, folders);
}
