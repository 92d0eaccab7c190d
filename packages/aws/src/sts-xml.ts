/**
 * Parses the XML that STS sends, and no more of XML: elements, attributes (ignored), text, the five entities and character
 * references. Everything else, such as a DTD, is refused, and so is anything malformed.
 */

/** The children of an element: a list if a name is repeated. Without a prototype, so that every name is only a name. */
export interface XmlElement {
  [name: string]: XmlNode | XmlNode[];
}
export type XmlNode = string | XmlElement;

interface Open {
  readonly name: string;
  readonly members: XmlElement;
  text: string;
}

/** Responses of STS have five levels. */
const MAX_DEPTH = 16;
const MAX_TAG = 2_048;

const DECLARATION = /^\s*<\?xml [^<>?]{0,200}\?>/;
/** A tag without its brackets. Text ends at the first `<`, and a tag at the first `>`: neither is searched twice. */
const TAG = /^([A-Za-z_][\w.-]*)(?:\s+[\w:.-]+="[^"<]*"|\s+[\w:.-]+='[^'<]*')*\s*(\/?)$/;

/** @throws SyntaxError */
export function parseXml(source: string): XmlElement {
  const root = opened('');
  const path = [root];
  for (let at = DECLARATION.exec(source)?.[0].length ?? 0; at < source.length;) {
    const begin = source.indexOf('<', at);
    const end = begin === -1 ? -1 : source.indexOf('>', begin);
    const innermost = path.at(-1) ?? root;
    innermost.text += source.slice(at, begin === -1 ? undefined : begin);
    if (begin === -1) break;
    if (end === -1 || end - begin > MAX_TAG) throw malformed();
    const tag = source.slice(begin + 1, end);
    at = end + 1;
    if (tag.startsWith('/')) {
      if (tag.slice(1).trimEnd() !== innermost.name) throw malformed();
      close(path);
      continue;
    }
    const [, name, empty] = TAG.exec(tag) ?? [];
    if (name === undefined || path.length > MAX_DEPTH) throw malformed();
    path.push(opened(name));
    if (empty === '/') close(path);
  }
  const roots = Object.values(root.members);
  // Text outside the root element is refused like that of any element with members.
  if (path.length !== 1 || roots.length !== 1 || Array.isArray(roots[0])) throw malformed();
  contents(root);
  return root.members;
}

function opened(name: string): Open {
  return { name, members: Object.create(null) as XmlElement, text: '' };
}

/** The innermost element becomes a member of its parent. */
function close(path: Open[]): void {
  const closed = path.pop();
  const parent = path.at(-1)?.members;
  // No tag closes the root.
  if (closed === undefined || parent === undefined) throw malformed();
  const { name } = closed;
  const value = contents(closed);
  const existing = parent[name];
  if (existing === undefined) parent[name] = value;
  else if (Array.isArray(existing)) existing.push(value);
  else parent[name] = [existing, value];
}

function contents({ members, text }: Open): XmlNode {
  if (Object.keys(members).length === 0) return unescaped(text);
  if (text.trim() !== '') throw malformed();
  return members;
}

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['amp', '&'],
  ['quot', '"'],
  ['apos', "'"],
]);

function unescaped(text: string): string {
  return text.replaceAll(/&([^;&]{0,10};)?/g, (_entity, found?: string) => {
    const character = characterOf(found?.slice(0, -1) ?? '');
    if (character === undefined) throw malformed();
    return character;
  });
}

/** The character of the name between `&` and `;`. XML 1.0, section 2.2: no null byte, no half of a surrogate pair. */
export function characterOf(name: string): string | undefined {
  const reference = /^#(?:x([\dA-Fa-f]{1,6})|(\d{1,7}))$/.exec(name);
  if (reference === null) return ENTITIES.get(name);
  const [, hex, decimal] = reference;
  const point = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
  const isCharacter =
    point === 9 ||
    point === 10 ||
    point === 13 ||
    (point >= 0x20 && point <= 0xd7ff) ||
    (point >= 0xe000 && point <= 0x10ffff);
  return isCharacter ? String.fromCodePoint(point) : undefined;
}

function malformed(): SyntaxError {
  return new SyntaxError('the body is not XML as STS writes it');
}
