/** Looks up a policy variable: its one value, or undefined where the request has none. */
export type VariableLookup = (key: string) => string | undefined;

const escapeRegExp = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');

const PIECE = /\$\{([^}]*)\}|\*|\?|[^*?$]+|\$/g;

/**
 * Whether text fits a pattern of `*` and `?`. A value that came in through a variable is literal: a subject named
 * `*` matches no more than itself. A variable without value fits nothing.
 */
export function matchesPattern(
  pattern: string,
  text: string,
  options: {
    readonly variables?: VariableLookup | undefined;
    readonly ignoreCase?: boolean | undefined;
  } = {},
): boolean {
  let source = '';
  for (const [piece, name] of pattern.matchAll(PIECE)) {
    if (name !== undefined && options.variables !== undefined) {
      const value = variable(name, options.variables);
      if (value === undefined) return false;
      source += escapeRegExp(value);
    } else if (name !== undefined) source += escapeRegExp(piece);
    else source += piece === '*' ? '[^]*' : piece === '?' ? '[^]' : escapeRegExp(piece);
  }
  return new RegExp(`^${source}$`, options.ignoreCase === true ? 'iu' : 'u').test(text);
}

/** `${key}`, `${key, 'default'}`, and the escapes `${*}`, `${?}`, `${$}`. */
function variable(name: string, lookup: VariableLookup): string | undefined {
  if (['*', '?', '$'].includes(name)) return name;
  const [, key = name, fallback] = /^\s*([^,\s]+)\s*(?:,\s*'([^']*)')?\s*$/.exec(name) ?? [];
  return lookup(key) ?? fallback;
}

/** The text with its variables filled in; undefined where one has no value. `*` and `?` stay as they are. */
export function fillVariables(text: string, lookup: VariableLookup): string | undefined {
  let complete = true;
  const filled = text.replace(/\$\{([^}]*)\}/g, (_, name: string) => {
    const value = variable(name, lookup);
    if (value === undefined) complete = false;
    return value ?? '';
  });
  return complete ? filled : undefined;
}
