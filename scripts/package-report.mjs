// What `npm run check` prints of the packages: for each one its files, its lines and what it imports; then the lines of
// code of all. Sources only: neither tests nor fixtures.
import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import ts from 'typescript-5';
import { CORE_LAYERS, layerOf, place } from './arrows.mjs';
import { BASELINE, newerFeatures } from './newer-features.mjs';
import { MOST_LINES } from './text-rules.mjs';
import { filesUnder, root, packageNames } from './workspace.mjs';

/** A file with fewer lines and one importer belongs into its importer. */
const SMALL_FILE = 30;

/** @typedef {{ path: string, text: string }} Source A file of packages/<name>/src and its content. */

const parsed = new WeakMap();

function parse(source) {
  let file = parsed.get(source);
  if (file === undefined) {
    file = ts.createSourceFile(source.path, source.text, ts.ScriptTarget.ES2022, true);
    parsed.set(source, file);
  }
  return file;
}

/** The number of lines with at least one token, so without comments and blank lines. */
export function linesOfCode(source) {
  const file = parse(source);
  const lines = new Set();
  const lineAt = (position) => file.getLineAndCharacterOfPosition(position).line;
  const visit = (node) => {
    const children = node.getChildren(file).filter(({ kind }) => kind !== ts.SyntaxKind.JSDoc);
    if (children.length > 0) children.forEach(visit);
    // A template may span several lines.
    else if (node.getWidth(file) > 0)
      for (let line = lineAt(node.getStart(file)); line <= lineAt(node.end); line += 1) lines.add(line);
  };
  visit(file);
  return lines.size;
}

/** Each import of a source. `isLazy`: by `import()`, or as the type of a module. `isExport`: `export … from`. */
export function importsOf(source) {
  const found = [];
  const add = (literal, isLazy, isExport = false) => {
    if (literal !== undefined && ts.isStringLiteral(literal))
      found.push({ specifier: literal.text, isLazy, isExport });
  };
  const visit = (node) => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, false);
    else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, false, true);
    else if (ts.isImportTypeNode(node)) add(node.argument.literal, true);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      add(node.arguments[0], true);
    ts.forEachChild(node, visit);
  };
  visit(parse(source));
  return found;
}

const compare = (one, other) => (one < other ? -1 : 1);

const packageOf = (specifier) =>
  /^(?:@credex\/([^/]+)|(credex)(?:\/|$))/.exec(specifier)?.slice(1).find(Boolean);

/** The other packages that the sources of a package import: `{ direct, lazy }`, each sorted. */
export function importedPackages(name, sources) {
  const direct = new Set();
  const lazy = new Set();
  for (const { specifier, isLazy } of sources.flatMap(importsOf)) {
    const other = packageOf(specifier);
    if (other !== undefined && other !== name) (isLazy ? lazy : direct).add(other);
  }
  return {
    direct: [...direct].toSorted(compare),
    lazy: [...lazy].filter((other) => !direct.has(other)).toSorted(compare),
  };
}

/** A list with one line for each cloud. It is a separate file, so that a new cloud adds only a line there. */
const isRegistry = (path) => path.endsWith('/registry.ts');

const lineCount = (text) => text.replace(/\n$/, '').split('\n').length;

function median(numbers) {
  const sorted = [...numbers].sort((one, other) => one - other);
  const middle = sorted.length / 2;
  return Number.isInteger(middle) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[Math.floor(middle)];
}

/** The files that an import of this package's own sources may load. `#name` is a different file in each runtime. */
function targetsOf(path, specifier) {
  if (specifier.startsWith('.')) return [posix.join(posix.dirname(path), specifier).replace(/\.js$/, '.ts')];
  if (!specifier.startsWith('#')) return [];
  const folder = path.slice(0, path.indexOf('/src/') + '/src/'.length);
  return ['node', 'web'].map((runtime) => `${folder}${specifier.slice(1)}/${runtime}.ts`);
}

/**
 * The small files of one package that only one other file imports, where both fit into one file.
 * @param {readonly Source[]} sources
 * @param {readonly string[]} entries the files that package.json names
 * @returns {readonly { path: string, lines: number, importer: string }[]}
 */
export function smallFiles(sources, entries) {
  const importers = new Map();
  for (const source of sources)
    for (const { specifier, isLazy, isExport } of importsOf(source))
      for (const target of targetsOf(source.path, specifier)) {
        const found = importers.get(target) ?? { paths: new Set(), mayMerge: true };
        importers.set(target, found);
        found.paths.add(source.path);
        // What loads lazily must be a separate file, and an entry that lists exports takes no code.
        if (isLazy || isExport) found.mayMerge = false;
      }
  const linesOf = new Map(sources.map(({ path, text }) => [path, lineCount(text)]));
  return sources.flatMap(({ path }) => {
    const lines = linesOf.get(path);
    const { paths = new Set(), mayMerge = false } = importers.get(path) ?? {};
    const [importer] = paths;
    const isSmall = lines < SMALL_FILE && paths.size === 1 && mayMerge;
    return isSmall &&
      lines + linesOf.get(importer) <= MOST_LINES &&
      !entries.includes(path) &&
      !isRegistry(path)
      ? [{ path, lines, importer }]
      : [];
  });
}

/** The sources that `exports`, `imports` and `bin` of a package's manifest name. */
function entriesOf(name) {
  const manifest = readFileSync(join(root, 'packages', name, 'package.json'), 'utf8');
  const { exports, imports, bin } = JSON.parse(manifest);
  const targets = (value) =>
    typeof value === 'string' ? [value] : Object.values(value ?? {}).flatMap(targets);
  return [exports, imports, bin].flatMap(targets).flatMap((target) => {
    const [, entry] = /^\.\/dist\/(?:node\/|web\/)?(.+)\.js$/.exec(target) ?? [];
    return entry === undefined ? [] : [`packages/${name}/src/${entry}.ts`];
  });
}

/** True for two files of one folder of core. The modules outside the folders are layers of their own. */
const isSameFolder = (path, other) =>
  posix.dirname(path) === posix.dirname(other) && posix.basename(posix.dirname(path)) !== 'src';

/**
 * The layers of core from top to bottom, and what each imports: `{ lines, upward }`. `upward` names the imports of a layer
 * that is not below.
 * @param {readonly Source[]} sources
 */
export function coreLayers(sources) {
  const imported = CORE_LAYERS.map(() => new Set());
  const upward = [];
  for (const source of sources) {
    const from = layerOf(place(source.path).module);
    for (const target of importsOf(source).flatMap(({ specifier }) => targetsOf(source.path, specifier))) {
      const to = layerOf(place(target).module);
      if (to < from) imported[from].add(to);
      else if (!isSameFolder(source.path, target)) upward.push(`${source.path} -> ${target}`);
    }
  }
  const nameOf = (layer) => CORE_LAYERS[layer].join(' ');
  const width = Math.max(...CORE_LAYERS.map((_names, layer) => nameOf(layer).length));
  const lines = CORE_LAYERS.map((_names, layer) => {
    const below = [...imported[layer]].toSorted((one, other) => other - one).map(nameOf);
    return `  ${nameOf(layer).padEnd(width)}  ${below.length === 0 ? 'nothing' : below.join(', ')}`;
  });
  return { lines: lines.toReversed(), upward };
}

/** The sources of a package, without tests and fixtures. */
const sourcesOf = (name) =>
  filesUnder(`packages/${name}/src`)
    .filter((path) => place(path)?.isTest === false)
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));

function describePackage(name) {
  const sources = sourcesOf(name);
  const counted = sources.map((source) => ({ path: source.path, code: linesOfCode(source) }));
  const lines = sources.map(({ text }) => lineCount(text));
  return {
    name,
    files: sources.length,
    lines: lines.reduce((sum, count) => sum + count, 0),
    median: median(lines),
    counted,
    code: counted.reduce((sum, { code }) => sum + code, 0),
    small: smallFiles(sources, entriesOf(name)),
    imports: importedPackages(name, sources),
  };
}

const importText = ({ direct, lazy }) =>
  [
    direct.join(', ') || (lazy.length === 0 ? 'nothing' : ''),
    lazy.length === 0 ? '' : `(lazily: ${lazy.join(', ')})`,
  ]
    .filter((part) => part !== '')
    .join(' ');

function table(packages) {
  const rows = packages.map(({ name, files, lines, median: middle, code, small, imports }) => [
    name,
    ...[files, lines, middle, code, small.length].map(String),
    importText(imports),
  ]);
  const head = ['package', 'files', 'lines', 'median', 'code', 'small', 'imports'];
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column].length)),
  );
  return [head, ...rows].map((row) =>
    row
      .map((cell, column) =>
        column > 0 && column < 6 ? cell.padStart(widths[column]) : cell.padEnd(widths[column]),
      )
      .join('  ')
      .trimEnd(),
  );
}

/** The report as lines of text; the small files that should be merged; the imports within core that go upward. */
export function packageReport() {
  const packages = packageNames().toSorted(compare).map(describePackage);
  const code = packages.reduce((sum, one) => sum + one.code, 0);
  const features = newerFeatures(packages.flatMap(({ counted }) => counted));
  const own = features.reduce((sum, one) => sum + one.own, 0);
  const inOthers = features.reduce((sum, one) => sum + one.inOthers, 0);
  const rest = code - own - inOthers;
  const share = ((100 * rest) / BASELINE.lines).toFixed(1);
  const small = packages.flatMap((one) => one.small);
  const { lines: layers, upward } = coreLayers(sourcesOf('core'));
  return {
    small,
    upward,
    lines: [
      ...table(packages),
      `${code} lines of code without comments, blank lines, tests and fixtures`,
      `of these, features that came after ${BASELINE.commit} have ${own} in their own files, and ${inOthers} in files of others:`,
      ...features.map(
        (one) => `  ${String(one.own).padStart(5)}  ${String(one.inOthers).padStart(4)}  ${one.feature}`,
      ),
      `the other ${rest} are ${share} % of the ${BASELINE.lines} at ${BASELINE.commit}`,
      '',
      'core from top to bottom, and what each layer imports:',
      ...layers,
      `upward imports: ${upward.length === 0 ? 'none' : upward.join(', ')}`,
      ...small.map(
        ({ path, lines, importer }) =>
          `${path} (${lines} lines) is imported only by ${importer}: merge it into that file`,
      ),
    ],
  };
}
