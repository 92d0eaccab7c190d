/** JSON (RFC 8259) with one reading only: a member that is named twice, or named `__proto__`, is refused. */

/** A string, with the colon that makes it a member's name; or what opens and closes objects and arrays. */
const TOKENS = /"([^"\\]*(?:\\.[^"\\]*)*)"\s*(:?)|[{}[\]]/gs;

/** Vercel nests two: the claims and `act`. */
const DEEPEST = 32;

/**
 * `JSON.parse` takes the last of two members of one name where other parsers take the first (RFC 8259, section 4):
 * what one party checked is then not what another party reads.
 *
 * @returns an object; an array, a number or text is refused as well.
 * @throws SyntaxError
 */
export function parseStrictObject(text: string): Record<string, unknown> {
  const parsed: unknown = JSON.parse(text);
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw new SyntaxError('it is not a JSON object');
  refuseRepeatedNames(text);
  return parsed as Record<string, unknown>;
}

/** `text` is known to be JSON: strings end, brackets match, and only an object's member is followed by a colon. */
function refuseRepeatedNames(text: string): void {
  const open: Set<string>[] = [];
  for (const [token, raw, colon] of text.matchAll(TOKENS)) {
    if (token === '{' || token === '[') {
      if (open.push(new Set()) > DEEPEST) throw new SyntaxError('it is nested too deep');
    } else if (token === '}' || token === ']') open.pop();
    else if (colon === ':') {
      const name = nameOf(raw as string);
      const names = open.at(-1) as Set<string>;
      if (names.has(name)) throw new SyntaxError('it names a member twice');
      // An own member of that name becomes the prototype where somebody copies it by assignment.
      if (name === '__proto__') throw new SyntaxError('it has a member named `__proto__`');
      names.add(name);
    }
  }
}

/** `aud` may be written `a\u0075d`. */
const nameOf = (raw: string): string => (raw.includes('\\') ? (JSON.parse(`"${raw}"`) as string) : raw);
