/** The providers of recent options: building one costs more than serving a cached credential. */

import { areUnchanged, withVariables } from '../runtime/environment.js';

interface Remembered<P> {
  readonly provider: P;
  /** The environment variables that the factory read. */
  readonly variables: ReadonlyMap<string, string | undefined>;
}

/** A process that serves more targets than this at once builds providers again, which costs microseconds. */
const MOST_REMEMBERED = 64;

/**
 * A factory that returns the provider it made before for equal options, as `getXCredentials(options)` needs with options
 * written inline. Only options of strings, numbers, booleans and lists of strings are compared. With a function or an object
 * among them `create` is called each time: they may belong to one request, or read its state. An environment variable that
 * changed makes a new provider too, so nothing that is remembered ever needs a reset.
 */
export function rememberProviders<O extends object, P>(create: (options: O) => P): (options: O) => P {
  const remembered = new Map<string, Remembered<P>>();
  return (options) => {
    const plain = plainCopy(options);
    if (plain === undefined) return create(options);
    const found = remembered.get(plain.text);
    if (found !== undefined && areUnchanged(found.variables)) return found.provider;
    const { result, variables } = withVariables(() => create(plain.copy));
    remembered.delete(plain.text);
    remembered.set(plain.text, { provider: result, variables });
    if (remembered.size > MOST_REMEMBERED) remembered.delete(remembered.keys().next().value as string);
    return result;
  };
}

/** Each option is read once, so that the text and the copy cannot differ. `undefined` for options that are not plain. */
function plainCopy<O extends object>(options: O): { readonly text: string; readonly copy: O } | undefined {
  const prototype: unknown =
    typeof options === 'object' && options !== null && Object.getPrototypeOf(options);
  if (prototype !== Object.prototype && prototype !== null) return undefined;
  const copy = Object.create(null) as Record<string, unknown>;
  let text = '';
  for (const name of Object.keys(options)) {
    const given: unknown = (options as Readonly<Record<string, unknown>>)[name];
    const value: unknown = Array.isArray(given) ? Array.from(given as unknown[]) : given;
    const part = plainText(value);
    if (part === undefined) return undefined;
    copy[name] = value;
    text += `${name.length}:${name}${part}`;
  }
  return { text, copy: copy as O };
}

/** Types and lengths are part of the text, so that no two values share one. */
function plainText(value: unknown): string | undefined {
  if (typeof value === 'string') return `s${value.length}:${value}`;
  if (typeof value === 'number' || typeof value === 'boolean' || value === undefined)
    return `${typeof value}:${String(value)};`;
  if (!Array.isArray(value)) return undefined;
  let text = `a${value.length}:`;
  for (const item of value as unknown[]) {
    if (typeof item !== 'string') return undefined;
    text += `${item.length}:${item}`;
  }
  return text;
}
