/** Reads strict JSON with positions: no comments, no trailing commas, no duplicate keys. Loaded on first use. */

import type { ConfigProblem } from './config-error.js';
import { ConfigError } from './config-error.js';
import type { JsonNode } from './json-tree.js';
import { JsonSyntaxError, jsonTree } from './json-tree.js';
import type { KeyPath } from './key-path.js';
import { pathText } from './key-path.js';
import type { Place, Source } from './source.js';

const MAX_CHARACTERS = 262_144;

/** Limits the work: the position of each problem is looked up. */
const MAX_PROBLEMS = 100;

/** @throws ConfigError with the first syntax error, or with every duplicate key */
export function readJson(name: string, text: string): { readonly raw: unknown; readonly source: Source } {
  if (text.length > MAX_CHARACTERS)
    throw notJson(name, {
      message: `is longer than ${MAX_CHARACTERS} characters, the limit for a configuration.`,
    });
  const content = text.replace(/^\ufeff/, '');
  if (content.trim() === '')
    throw notJson(name, { message: 'is empty: a configuration is a JSON object with `credentials`.' });
  const { root, duplicates } = treeOf(name, content);
  // JSON.parse would silently use the last one.
  const [first, ...rest] = duplicates.slice(0, MAX_PROBLEMS).map(({ path, offset }): ConfigProblem => {
    const key = pathText(path);
    const message = `\`${key}\` occurs twice: keep one.`;
    return { code: 'conflicting_options', path: key, message, ...placeIn(content, offset) };
  });
  if (first !== undefined) throw new ConfigError(name, [first, ...rest]);
  return {
    raw: JSON.parse(content) as unknown,
    source: { name, kind: 'data', placeOf: (path) => placeOf(root, path, content) },
  };
}

function treeOf(name: string, content: string): ReturnType<typeof jsonTree> {
  try {
    return jsonTree(content);
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    throw notJson(name, { message: error.message, ...placeIn(content, error.offset) });
  }
}

const notJson = (name: string, problem: Pick<ConfigProblem, 'message'> & Partial<Place>): ConfigError =>
  new ConfigError(name, [{ code: 'invalid_option', path: '(the whole)', ...problem }]);

/** The position of the value, or of the nearest parent that exists. For a member, the position of its key. */
function placeOf(root: JsonNode, path: KeyPath, text: string): Place {
  let [node, offset] = [root, root.offset];
  for (const [index, key] of path.entries()) {
    const child = node.children.get(key);
    if (child === undefined) break;
    node = child.node;
    offset = index === path.length - 1 ? node.offset : child.offset;
  }
  return placeIn(text, offset);
}

function placeIn(text: string, offset: number): Place {
  const before = text.slice(0, offset);
  const start = before.lastIndexOf('\n') + 1;
  return { line: before.split('\n').length, column: offset - start + 1 };
}
