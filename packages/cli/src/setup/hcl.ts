/** Terraform's language, as `terraform fmt` lays it out. */

import { hclString } from './quote.js';

/** A piece of our own, such as a reference to another resource. */
export interface Expression {
  readonly hcl: string;
}
export type HclValue =
  string | boolean | Expression | readonly HclValue[] | { readonly [key: string]: HclValue };

export interface Block {
  readonly type: string;
  readonly labels: readonly string[];
  readonly body: Body;
}
type Body = readonly (Block | readonly [name: string, value: HclValue])[];

export const reference = (hcl: string): Expression => ({ hcl });

/** A template: text of others is quoted, references of ours are interpolated. */
export const template = (...parts: readonly (string | Expression)[]): Expression => ({
  hcl: `"${parts.map((part) => (typeof part === 'string' ? hclString(part).slice(1, -1) : `\${${part.hcl}}`)).join('')}"`,
});

export const block = (type: string, labels: readonly string[], body: Body): Block => ({ type, labels, body });

export const hclFile = (blocks: readonly Block[]): string =>
  `${blocks.map((each) => writeBlock(each, '')).join('\n\n')}\n`;

function writeBlock({ type, labels, body }: Block, indent: string): string {
  const head = [type, ...labels.map(hclString)].join(' ');
  return `${indent}${head} {\n${writeBody(body, `${indent}  `)}\n${indent}}`;
}

/** Names of attributes that follow each other are aligned; blocks and maps stand apart. */
function writeBody(body: Body, indent: string): string {
  const isPlain = (entry: Body[number] | undefined): boolean =>
    entry !== undefined && isAttribute(entry) && !isMap(entry[1]);
  const widest = Math.max(
    0,
    ...body
      .filter(isAttribute)
      .filter(isPlain)
      .map(([name]) => name.length),
  );
  return body
    .map((entry, at) => {
      const apart = at > 0 && !(isPlain(entry) && isPlain(body[at - 1])) ? '\n' : '';
      if (!isAttribute(entry)) return apart + writeBlock(entry, indent);
      const name = isPlain(entry) ? entry[0].padEnd(widest) : entry[0];
      return `${apart}${indent}${name} = ${writeValue(entry[1], indent)}`;
    })
    .join('\n');
}

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

const isAttribute = (entry: Body[number]): entry is readonly [string, HclValue] => Array.isArray(entry);
const isList = (value: HclValue): value is readonly HclValue[] => Array.isArray(value);
const isExpression = (value: object): value is Expression => 'hcl' in value && typeof value.hcl === 'string';
const isMap = (value: HclValue): boolean =>
  typeof value === 'object' && !isList(value) && !isExpression(value);
