/** XML as the two services write it: elements and text, no attribute but the namespace. */

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};

const escapeXml = (text: string): string => text.replace(/[&<>"]/g, (c) => ENTITIES[c] ?? c);

/** A name with text or with children. A child that is undefined is left out. */
export type XmlNode = readonly [
  name: string,
  content: string | number | boolean | readonly (XmlNode | undefined)[],
];

/** On one line, as S3 writes. */
export function compactXml([name, content]: XmlNode, attributes = ''): string {
  const inner =
    typeof content === 'object'
      ? content.map((child) => (child === undefined ? '' : compactXml(child))).join('')
      : escapeXml(String(content));
  return `<${name}${attributes}>${inner}</${name}>`;
}

/** One element a line, two spaces a level, as STS writes. */
export function indentedXml([name, content]: XmlNode, attributes = '', depth = 0): string {
  const indent = '  '.repeat(depth);
  if (typeof content !== 'object') {
    return `${indent}<${name}${attributes}>${escapeXml(String(content))}</${name}>\n`;
  }
  const inner = content
    .map((child) => (child === undefined ? '' : indentedXml(child, '', depth + 1)))
    .join('');
  return `${indent}<${name}${attributes}>\n${inner}${indent}</${name}>\n`;
}
