/** Terraform's language, as `terraform fmt` lays it out. */

import { hclString } from './quote.js';

/** A piece of our own, such as a reference to another resource. */
export interface Expression {
  readonly hcl: string;
}
export type HclValue =
  string | boolean | Expression | readonly HclValue[] | { readonly [key: string]: HclValue };

/** The attributes, then the blocks inside of it. */
export interface Block {
  readonly head: string;
  readonly attributes: Readonly<Record<string, HclValue>>;
  readonly blocks: readonly Block[];
}

export const reference = (hcl: string): Expression => ({ hcl });

/** A template: text of others is quoted, references of ours are interpolated. */
export const template = (...parts: readonly (string | Expression)[]): Expression => ({
  hcl: `"${parts.map((part) => (typeof part === 'string' ? hclString(part).slice(1, -1) : `\${${part.hcl}}`)).join('')}"`,
});

/** @param labels such as the type and the name of a resource */
export const block = (
  type: string,
  labels: readonly string[],
  attributes: Block['attributes'],
  ...blocks: readonly Block[]
): Block => ({ head: [type, ...labels.map(hclString)].join(' '), attributes, blocks });

export const hclFile = (blocks: readonly Block[]): string =>
  `${blocks.map((each) => writeBlock(each, '')).join('\n\n')}\n`;

function writeBlock({ head, attributes, blocks }: Block, indent: string): string {
  const inner = `${indent}  `;
  // Maps and blocks stand apart.
  const parts = [writeAttributes(attributes, inner), ...blocks.map((each) => writeBlock(each, inner))];
  return `${indent}${head} {\n${parts.filter((part) => part !== '').join('\n\n')}\n${indent}}`;
}

/** Names of attributes that follow each other are aligned. */
function writeAttributes(attributes: Block['attributes'], indent: string): string {
  const [maps, plain] = [true, false].map((wanted) =>
    Object.entries(attributes).filter(([, value]) => isMap(value) === wanted),
  ) as [Entries, Entries];
  const widest = Math.max(0, ...plain.map(([name]) => name.length));
  const lines = plain.map(
    ([name, value]) => `${indent}${name.padEnd(widest)} = ${writeValue(value, indent)}`,
  );
  const apart = maps.map(([name, value]) => `${indent}${name} = ${writeValue(value, indent)}`);
  return [lines.join('\n'), ...apart].filter((part) => part !== '').join('\n\n');
}

type Entries = [name: string, value: HclValue][];

function writeValue(value: HclValue, indent: string): string {
  if (typeof value === 'string') return hclString(value);
  if (typeof value === 'boolean') return String(value);
  if (isList(value)) return `[${value.map((each) => writeValue(each, indent)).join(', ')}]`;
  if (isExpression(value)) return value.hcl;
  const keys = Object.entries(value).map(([key, inner]) => [hclString(key), inner] as const);
  const widest = Math.max(0, ...keys.map(([key]) => key.length));
  const lines = keys.map(
    ([key, inner]) => `${indent}  ${key.padEnd(widest)} = ${writeValue(inner, `${indent}  `)}`,
  );
  return `{\n${lines.join('\n')}\n${indent}}`;
}

const isList = (value: HclValue): value is readonly HclValue[] => Array.isArray(value);
const isExpression = (value: object): value is Expression => 'hcl' in value && typeof value.hcl === 'string';
const isMap = (value: HclValue): boolean =>
  typeof value === 'object' && !isList(value) && !isExpression(value);
