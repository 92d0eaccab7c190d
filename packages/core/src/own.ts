/**
 * Options, variables, claims and responses are read as own properties only. What every object inherits from a polluted
 * `Object.prototype` was written by no caller and by no server, and must not decide where a token goes.
 */

/** The names of all options of `O`. An option that is added to the type but not to the table does not compile. */
export function optionNames<O>(table: {
  readonly [Name in keyof O]-?: true;
}): readonly (keyof O & string)[] {
  return Object.keys(table) as (keyof O & string)[];
}

/** A copy that has the value's own enumerable members and inherits nothing. Written on neither side afterwards. */
export function ownCopy<T extends object>(value: T): T {
  return Object.assign(Object.create(null) as T, value);
}

/** For `addEventListener`, which reads `signal` and others from what it is given. */
export const ONCE: { readonly once: true } = Object.freeze(ownCopy({ once: true } as const));

/**
 * A member of an object that may be an instance of a class, such as a clock: its own, or one of its class. What comes
 * from the root of the prototype chain, which all objects share, is `undefined`.
 */
export function memberOf<T extends object, K extends keyof T>(value: T, name: K): T[K] | undefined {
  // The usual case, in each call that finds its credential cached.
  if (Object.hasOwn(value, name)) return value[name];
  for (let holder = parentOf(value); holder !== null; holder = parentOf(holder))
    if (Object.hasOwn(holder, name)) return isRoot(holder) ? undefined : value[name];
  return undefined;
}

/** The first of `names` that the value inherits from a class or from another object, which is not the shared root. */
export function inheritedName(value: object, names: readonly string[]): string | undefined {
  for (let holder = parentOf(value); holder !== null && !isRoot(holder); holder = parentOf(holder)) {
    const from: object = holder;
    const found = names.find((name) => Object.hasOwn(from, name) && !Object.hasOwn(value, name));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** JSON whose objects inherit nothing, at any depth. Throws as `JSON.parse` does. */
export function parseJson(text: string): unknown {
  return JSON.parse(text, (_name, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.setPrototypeOf(value, null)
      : value,
  ) as unknown;
}

/** The same for the JSON text of an object; `undefined` if the text is not JSON, or another value. */
export function parseJsonObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value = parseJson(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** Freezes JSON as it was parsed, at any depth. */
export function deepFreeze<T>(value: T): T {
  const left: unknown[] = [value];
  while (left.length > 0) {
    const inner = left.pop();
    if (typeof inner === 'object' && inner !== null)
      for (const member of Object.values(Object.freeze(inner))) left.push(member);
  }
  return value;
}

const parentOf = (value: object): object | null => Object.getPrototypeOf(value) as object | null;

/** `Object.prototype`, of this realm or of another. */
function isRoot(value: object): boolean {
  return parentOf(value) === null && Object.hasOwn(value, 'hasOwnProperty');
}

/** What `fetch` reads of its second argument, which may be a Request: those have getters, of their class. */
const OF_A_REQUEST = [
  ...(['body', 'cache', 'credentials', 'headers', 'integrity', 'keepalive', 'method', 'mode'] as const),
  ...(['redirect', 'referrer', 'referrerPolicy', 'signal'] as const),
];

/** As `fetch` reads it, without what every object inherits. */
export function ownRequestInit(given: RequestInit | undefined): RequestInit {
  const init = ownCopy(given ?? {});
  if (given === undefined) return init;
  const members = OF_A_REQUEST.map((name) => [name, memberOf(given, name)]);
  return Object.assign(init, Object.fromEntries(members.filter(([, value]) => value !== undefined)));
}
