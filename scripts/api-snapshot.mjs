// Snapshots of the public types of every entry in test/packaging/api, so that a review shows each change of the interface.
// `node scripts/api-snapshot.mjs` compares, `--write` updates. Without comments, in the order of their names.
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript-5';
import { ensureBuilt, entryTypes, requireNode, packageNames, root } from './workspace.mjs';

const SNAPSHOTS = join(root, 'test', 'packaging', 'api');
const COMPILER_OPTIONS = {
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  target: ts.ScriptTarget.ES2022,
  strict: true,
  skipLibCheck: true,
  types: [],
};

const printer = ts.createPrinter({ removeComments: true, newLine: ts.NewLineKind.LineFeed });

/** The statement of a declaration; for a variable, the one with `export const`. */
const statementOf = (declaration) =>
  ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;

const print = (declaration) => {
  const node = statementOf(declaration);
  return printer.printNode(ts.EmitHint.Unspecified, node, node.getSourceFile());
};

/** `@credex/core` for packages/core/dist/…; the name of the dependency for a file in node_modules. */
function packageOf(file) {
  const [, packageName] = /\/packages\/([^/]+)\/dist\//.exec(file) ?? [];
  if (packageName !== undefined)
    return JSON.parse(readFileSync(join(root, 'packages', packageName, 'package.json'), 'utf8')).name;
  const [, name] = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file) ?? [];
  return name ?? relative(root, file);
}

function describe(checker, source) {
  const resolve = (symbol) =>
    symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  const home = packageOf(source.fileName);
  const isOurs = (declaration) => packageOf(declaration.getSourceFile().fileName) === home;

  const shown = new Set();
  const exported = checker
    .getExportsOfModule(checker.getSymbolAtLocation(source) ?? { exports: new Map(), flags: 0 })
    .map((symbol) => ({ name: symbol.name, target: resolve(symbol) }));
  for (const { target } of exported) shown.add(target);

  /** Types that a declaration uses but that are not exported. They are part of the interface as well. */
  const reached = [];
  const visit = (node) => {
    if (ts.isIdentifier(node)) {
      const symbol = checker.getSymbolAtLocation(node);
      const target = symbol && resolve(symbol);
      const declarations = (target?.declarations ?? []).filter(
        // A module itself is reached by `typeof` of a namespace.
        (one) => isOurs(one) && (ts.isSourceFile(one) || ts.isSourceFile(statementOf(one).parent)),
      );
      if (declarations.length > 0 && !shown.has(target)) {
        shown.add(target);
        reached.push({ name: target.name, target });
        for (const declaration of declarations) visit(statementOf(declaration));
      }
    }
    ts.forEachChild(node, visit);
  };

  const texts = exported.map(({ name, target }) => {
    const declarations = target.declarations ?? [];
    if (declarations.length === 0) return { name, text: `export { ${name} };` };
    if (!isOurs(declarations[0])) {
      return {
        name,
        text: `export ${target.flags & ts.SymbolFlags.Value ? '' : 'type '}{ ${name} } from '${packageOf(declarations[0].getSourceFile().fileName)}';`,
      };
    }
    for (const declaration of declarations) visit(statementOf(declaration));
    const renamed = target.name === name ? '' : `// as ${name}\n`;
    return { name, text: renamed + declarations.map(print).join('\n') };
  });
  const hidden = reached.map(({ name, target }) => ({
    name,
    text: target.declarations.map(print).join('\n'),
  }));

  const byName = (one, other) => (one.name < other.name ? -1 : 1);
  const block = (parts) => parts.sort(byName).map(({ text }) => `${text}\n`);
  const tail =
    hidden.length === 0 ? [] : ['// Reached by the above, exported under no name:\n', ...block(hidden)];
  return [...block(texts), ...tail].join('\n');
}

/** Resolves only our own modules: the types of an SDK are not part of our interface, and slow to read. */
function ourModulesOnly() {
  const host = ts.createCompilerHost(COMPILER_OPTIONS);
  host.resolveModuleNameLiterals = (names, file, redirected, options) =>
    names.map(({ text }) =>
      /^(\.|@credex\/|credex$)/.test(text)
        ? ts.resolveModuleName(text, file, options, host, undefined, redirected, ts.ModuleKind.ESNext)
        : { resolvedModule: undefined },
    );
  return host;
}

/** The snapshots of the built packages: file name and text. */
export function apiSnapshots() {
  const entries = packageNames().flatMap((packageName) =>
    entryTypes(packageName).map((path) => ({
      name: `${packageName}.${basename(path, '.d.ts')}.txt`,
      file: join(root, 'packages', packageName, path).split(sep).join('/'),
    })),
  );
  const program = ts.createProgram(
    entries.map(({ file }) => file),
    COMPILER_OPTIONS,
    ourModulesOnly(),
  );
  const checker = program.getTypeChecker();
  return entries.map(({ name, file }) => ({ name, text: describe(checker, program.getSourceFile(file)) }));
}

/** The committed snapshot of the name; undefined if there is none. */
export function committedSnapshot(name) {
  const path = join(SNAPSHOTS, name);
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

/** The names of all committed snapshots. */
export const committedSnapshots = () => (existsSync(SNAPSHOTS) ? readdirSync(SNAPSHOTS) : []);

function write(snapshots) {
  rmSync(SNAPSHOTS, { recursive: true, force: true });
  mkdirSync(SNAPSHOTS, { recursive: true });
  for (const { name, text } of snapshots) writeFileSync(join(SNAPSHOTS, name), text);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  requireNode();
  await ensureBuilt();
  const snapshots = apiSnapshots();
  const changed = snapshots.filter(({ name, text }) => committedSnapshot(name) !== text);
  for (const { name } of changed) console.log(`changed: test/packaging/api/${name}`);
  if (process.argv.includes('--write')) write(snapshots);
  else process.exitCode = changed.length === 0 ? 0 : 1;
}
