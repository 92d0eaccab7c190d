/** XML as the emulated services write it: elements and text, no attribute but those of the root. */

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Text as the content of an element, or of an attribute in double quotes. */
export const escapeXml = (text: string): string => text.replace(/[&<>"]/g, (c) => ENTITIES[c] ?? c);

/** Text, or elements by their names: a list repeats its element, and what is undefined is left out. */
export type XmlContent = string | number | boolean | undefined | XmlElements;
export interface XmlElements {
  readonly [name: string]: XmlContent | readonly XmlContent[];
}

/** On one line, as S3 and Azure write. */
export function compactXml(elements: XmlElements, attributes = ''): string {
  const write = ([name, content]: Element): string =>
    `<${name}${attributes}>${typeof content === 'object' ? compactXml(content) : escapeXml(String(content))}</${name}>`;
  return listed(elements).map(write).join('');
}

/** One element a line, two spaces a level, as STS writes. */
export function indentedXml(elements: XmlElements, attributes = '', indent = ''): string {
  const write = ([name, content]: Element): string => {
    const inner =
      typeof content === 'object'
        ? `\n${indentedXml(content, '', `${indent}  `)}${indent}`
        : escapeXml(String(content));
    return `${indent}<${name}${attributes}>${inner}</${name}>\n`;
  };
  return listed(elements).map(write).join('');
}

type Element = readonly [name: string, content: XmlContent];

const listed = (elements: XmlElements): readonly Element[] =>
  Object.entries(elements).flatMap(([name, content]) =>
    [content].flat().flatMap((one): Element[] => (one === undefined ? [] : [[name, one]])),
  );
