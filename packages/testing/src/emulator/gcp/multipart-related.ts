/** multipart/related (RFC 2387) as uploads use it: the object's fields as JSON, then its content. */

export interface Part {
  readonly contentType: string | undefined;
  readonly content: Uint8Array;
}

/** The parts between the boundaries; undefined where the body is not well-formed. */
export function parseMultipartRelated(contentType: string, body: Uint8Array): readonly Part[] | undefined {
  const boundary = boundaryOf(contentType);
  if (boundary === undefined) return undefined;
  // With a line break before it, the first boundary is found as the others are; a preamble is allowed.
  const bytes = Buffer.concat([Buffer.from('\r\n'), body]);
  const between = Buffer.from(`\r\n--${boundary}`);
  const first = bytes.indexOf(between);
  if (first < 0) return undefined;
  const parts: Part[] = [];
  let at: number = first + between.length;
  while (bytes.toString('latin1', at, at + 2) !== '--') {
    const start = bytes.indexOf('\r\n', at);
    // Only white space may follow a boundary on its line.
    if (start < 0 || bytes.toString('latin1', at, start).trim() !== '') return undefined;
    const end = bytes.indexOf(between, start);
    const part = end < 0 ? undefined : parsePart(bytes.subarray(start + 2, end));
    if (part === undefined) return undefined;
    parts.push(part);
    at = end + between.length;
  }
  return parts;
}

function boundaryOf(contentType: string): string | undefined {
  const found = /^multipart\/related\s*;.*?\bboundary=(?:"([^"]+)"|'([^']+)'|([^\s;"']+))/i.exec(contentType);
  return found?.[1] ?? found?.[2] ?? found?.[3];
}

function parsePart(part: Buffer): Part | undefined {
  // A part without headers begins with the empty line at once.
  const head = part.subarray(0, 2).equals(Buffer.from('\r\n')) ? 0 : part.indexOf('\r\n\r\n');
  if (head < 0) return undefined;
  const headers = part.toString('latin1', 0, head);
  const content = part.subarray(head === 0 ? 2 : head + 4);
  const contentType = /^content-type:[ \t]*(.*?)[ \t]*$/im.exec(headers)?.[1];
  return { contentType, content: new Uint8Array(content) };
}
