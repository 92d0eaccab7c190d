/** The blocks of code of the pages that a user reads, and the commands in them. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { filesUnder } from '../../scripts/workspace.mjs';
import { PACKAGES, ROOT } from './packages.js';

/** README, CONTRIBUTING, the READMEs of the packages, and the website. Its API reference is generated. */
const PAGES: readonly string[] = [
  'README.md',
  'CONTRIBUTING.md',
  ...PACKAGES.map((name) => `packages/${name}/README.md`),
  // The commands of the other examples are for the folder of the example.
  'examples/next-s3-postgres/README.md',
  ...filesUnder('docs/site').filter((path) => path.endsWith('.md') && !path.startsWith('docs/site/api/')),
].filter((path) => existsSync(join(ROOT, path)));

interface Block {
  readonly page: string;
  /** The line of the fence. */
  readonly line: number;
  /** `ts`, `sh`; empty without one. */
  readonly language: string;
  readonly text: string;
}

/** Fences may be indented, as in a list, and may have the name of a tab: "sh [AWS]". */
function blocksOf(page: string): readonly Block[] {
  const text = readFileSync(join(ROOT, page), 'utf8');
  return [...text.matchAll(/^( *)(`{3,})(\w*)[^\n]*\n([\s\S]*?)^ *\2$/gm)].map(
    ({ 1: indent = '', 3: language = '', 4: body = '', index }) => ({
      page,
      line: text.slice(0, index).split('\n').length,
      language,
      text: body.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
    }),
  );
}

export const BLOCKS: readonly Block[] = PAGES.flatMap(blocksOf);

export const SHELLS: ReadonlySet<string> = new Set(['sh', 'bash', 'shell', 'console', 'zsh']);

/** A line that ends in a backslash, or within quotes, goes on. */
function commandsIn(block: string): readonly string[] {
  const found: string[] = [];
  let open = '';
  for (const line of block.replaceAll('\\\n', '').split('\n')) {
    open += open === '' ? line.trim() : `\n${line}`;
    if ((open.match(/'/g) ?? []).length % 2 === 1) continue;
    if (open !== '' && !open.startsWith('#')) found.push(open);
    open = '';
  }
  return found;
}

interface Command {
  readonly line: string;
  /** The pages that print it, in their order. */
  readonly pages: readonly string[];
}

/** Each command once, in the order of the pages. */
function printedCommands(): readonly Command[] {
  const pages = new Map<string, string[]>();
  for (const { page, language, text } of BLOCKS)
    if (SHELLS.has(language))
      for (const line of commandsIn(text)) pages.set(line, [...(pages.get(line) ?? []), page]);
  return [...pages].map(([line, its]) => ({ line, pages: [...new Set(its)] }));
}

/** Without its comment, and with single spaces. */
export const bare = (line: string): string => line.replace(/ +# .*$/, '').replaceAll(/ +/g, ' ');

const inPackages = (...names: readonly string[]) =>
  new RegExp(`^packages/(?:${names.join('|')})/README\\.md$`);

/** Who compiles the blocks of a language, by their page. */
export const COMPILED: readonly { readonly language: string; readonly pages: RegExp; readonly by: string }[] =
  [
    { language: 'ts', pages: /^README\.md$|^packages\//, by: 'test/examples/readme.test.ts' },
    { language: 'typescript', pages: inPackages('store'), by: 'test/stores/readme.proof.ts' },
    { language: 'typescript', pages: inPackages('connect', 'testing'), by: 'test/databases/readme.proof.ts' },
    { language: 'typescript', pages: inPackages('vercel'), by: 'test/token-clients/recipes.proof.ts' },
    { language: 'ts', pages: /^docs\/site\//, by: 'test/hosts/site/group.mjs' },
    { language: 'tsx', pages: /^docs\/site\//, by: 'test/hosts/site/group.mjs' },
  ];
export const compilerOf = ({ language, page }: Block): string | undefined =>
  COMPILED.find((one) => one.language === language && one.pages.test(page))?.by;

/** Neither programs nor commands. Diagrams are drawn by the build of the website. */
export const TEXT: ReadonlySet<string> = new Set(['text', 'mermaid', 'json', 'yaml', 'sql', 'diff', 'hcl']);

export const commands: readonly Command[] = printedCommands();

/** What is not run here, and why. It is parsed, and what it says of credex is compared with the command's own options. */
export const NOT_RUN: readonly (readonly [RegExp, string])[] = [
  [/^npm test\b/, 'it would run this test'],
  [/^npm run demo\b/, 'test/examples/demo.test.ts runs it'],
  [/^npx --yes pnpm@/, 'scripts/pack.mjs makes the same tarballs for this test'],
  [/^npx create-next-app@/, 'it needs the public registry: the group guide of npm run hosts runs it'],
  [
    /^npm (?:install|run dev)$|(?:^| )npm run migrate$/,
    'it is for a folder of examples: the group examples of npm run hosts runs it',
  ],
  [/^cd /, 'it leads into a folder that another command makes'],
  [/^git clone /, 'it needs the network'],
  [/^curl -o global-bundle\.pem /, 'it needs the network'],
  [/^npx credex dev /, 'test/e2e/dev.test.ts runs it, and the group guide of npm run hosts'],
  [
    /^eval "\$\(credex completion zsh/,
    'it is for zsh: packages/cli/src/completion/completion.test.ts runs it there',
  ],
];
export const reasonOf = (line: string): string | undefined =>
  NOT_RUN.find(([match]) => match.test(line))?.[1];

export const installs: readonly Command[] = commands.filter(({ line }) => /(?:^|&& )npm install /.test(line));
export const notRun: readonly Command[] = commands.filter(({ line }) => reasonOf(line) !== undefined);
export const others: readonly Command[] = commands.filter(
  (one) => !installs.includes(one) && !notRun.includes(one),
);
/** One starts a server, the next one asks it. */
export const ofEmulator: readonly Command[] = others.filter(({ line }) => /credex emulator|9000/.test(line));
export const single: readonly Command[] = others.filter((one) => !ofEmulator.includes(one));
