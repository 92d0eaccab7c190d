/** The XML that S3's clients send: elements and text. A document type, a processing instruction or CDATA is refused. */

export interface XmlElement {
  readonly name: string;
  readonly children: readonly XmlElement[];
  /** Of an element without children, entities resolved. */
  readonly text: string;
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };
const TOKEN = /<(\/?)([A-Za-z_][\w.-]*)((?:\s+[\w:.-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>|([^<]+)/y;
const MOST_ELEMENTS = 50_000;

interface Open {
  readonly name: string;
  readonly children: XmlElement[];
  text: string;
}

/** Undefined for anything that is not one well-formed element. */
export function readXml(document: string): XmlElement | undefined {
  const root: Open = { name: '', children: [], text: '' };
  const open: Open[] = [root];
  TOKEN.lastIndex = /^\uFEFF?(?:<\?xml[^>]*\?>)?/.exec(document)?.[0].length ?? 0;
  for (let elements = 0; TOKEN.lastIndex < document.length; elements++) {
    const token = TOKEN.exec(document);
    const current = open.at(-1);
    if (token === null || current === undefined || elements > MOST_ELEMENTS) return undefined;
    const [, closing, name, attributes, empty, text] = token;
    if (text !== undefined) {
      const plain = unescaped(text);
      if (plain === undefined || (current === root && plain.trim() !== '')) return undefined;
      current.text += plain;
    } else if (closing === '/') {
      if (current.name !== name || attributes !== '' || empty !== '' || current === root) return undefined;
      open.pop();
      open.at(-1)?.children.push({ ...current, text: current.children.length > 0 ? '' : current.text });
    } else {
      const element: Open = { name: name ?? '', children: [], text: '' };
      if (empty === '/') current.children.push(element);
      else open.push(element);
    }
  }
  return open.length === 1 && root.children.length === 1 ? root.children[0] : undefined;
}

function unescaped(text: string): string | undefined {
  let isKnown = true;
  const plain = text.replace(/&(#x[0-9a-f]{1,6}|#\d{1,7}|\w+)?;?/gi, (whole, entity: string | undefined) => {
    const found = whole.endsWith(';') && entity !== undefined ? characterOf(entity) : undefined;
    isKnown &&= found !== undefined;
    return found ?? '';
  });
  return isKnown ? plain : undefined;
}

function characterOf(entity: string): string | undefined {
  if (!entity.startsWith('#')) return Object.hasOwn(ENTITIES, entity) ? ENTITIES[entity] : undefined;
  const code = /^#x/i.test(entity) ? Number.parseInt(entity.slice(2), 16) : Number(entity.slice(1));
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : undefined;
}
