/** multipart/related (RFC 2387) as uploads use it: the object's fields as JSON, then its content. */

export interface Part {
  readonly contentType: string | undefined;
  readonly content: Uint8Array;
}

/**
 * The parts between the boundaries; undefined where the body is not well-formed. Lines end as the first boundary's does:
 * Python's clients of Google, gcloud among them, write a line feed alone, and Google takes it.
 */
export function parseMultipartRelated(contentType: string, body: Uint8Array): readonly Part[] | undefined {
  const boundary = boundaryOf(contentType);
  if (boundary === undefined) return undefined;
  const eol = lineEndOf(Buffer.from(body), boundary);
  // With a line break before it, the first boundary is found as the others are; a preamble is allowed.
  const bytes = Buffer.concat([Buffer.from(eol), body]);
  const between = Buffer.from(`${eol}--${boundary}`);
  const first = bytes.indexOf(between);
  if (first < 0) return undefined;
  const parts: Part[] = [];
  let at: number = first + between.length;
  while (bytes.toString('latin1', at, at + 2) !== '--') {
    const start = bytes.indexOf(eol, at);
    // Only white space may follow a boundary on its line.
    if (start < 0 || bytes.toString('latin1', at, start).trim() !== '') return undefined;
    const end = bytes.indexOf(between, start);
    const part = end < 0 ? undefined : parsePart(bytes.subarray(start + eol.length, end), eol);
    if (part === undefined) return undefined;
    parts.push(part);
    at = end + between.length;
  }
  return parts;
}

function lineEndOf(body: Buffer, boundary: string): '\r\n' | '\n' {
  const first = body.indexOf(`--${boundary}`);
  const end = body.indexOf('\n', first);
  return first >= 0 && end > 0 && body[end - 1] !== 0x0d ? '\n' : '\r\n';
}

function boundaryOf(contentType: string): string | undefined {
  const found = /^multipart\/related\s*;.*?\bboundary=(?:"([^"]+)"|'([^']+)'|([^\s;"']+))/i.exec(contentType);
  return found?.[1] ?? found?.[2] ?? found?.[3];
}

function parsePart(part: Buffer, eol: string): Part | undefined {
  // A part without headers begins with the empty line at once.
  const head = part.subarray(0, eol.length).equals(Buffer.from(eol)) ? 0 : part.indexOf(eol + eol);
  if (head < 0) return undefined;
  const headers = part.toString('latin1', 0, head);
  const content = part.subarray(head === 0 ? eol.length : head + 2 * eol.length);
  const contentType = /^content-type:[ \t]*(.*?)[ \t]*$/im.exec(headers)?.[1];
  return { contentType, content: new Uint8Array(content) };
}
