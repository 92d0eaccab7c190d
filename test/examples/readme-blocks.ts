/** The TypeScript in our READMEs, as files. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageNames } from '../../scripts/workspace.mjs';

export const ROOT: string = fileURLToPath(new URL('../../', import.meta.url));

export interface Block {
  /** `README.md`, `packages/aws/README.md`. */
  readonly readme: string;
  /** The line after the fence. */
  readonly line: number;
  readonly text: string;
  /** A unique file name that says where the block is from. */
  readonly file: string;
}

const READMES: readonly string[] = [
  'README.md',
  ...packageNames().map((name) => `packages/${name}/README.md`),
];

/** Each block that is fenced as `ts`. */
export function blocksOf(readme: string): readonly Block[] {
  const text = readFileSync(join(ROOT, readme), 'utf8');
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(({ 1: block = '', index }) => {
    const line = text.slice(0, index).split('\n').length + 1;
    return { readme, line, text: block, file: `${readme.replace(/\W+/g, '-')}-line-${line}.ts` };
  });
}

export const allBlocks = (): readonly Block[] =>
  READMES.filter((readme) => existsSync(join(ROOT, readme))).flatMap(blocksOf);
