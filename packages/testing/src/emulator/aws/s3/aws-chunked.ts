export interface ChunkedBody {
  readonly body: Uint8Array;
  /** Names in lower case. */
  readonly trailers: Readonly<Record<string, string>>;
}

/**
 * Decodes `Content-Encoding: aws-chunked`: chunks of `size[;extension]`, the data, a chunk of size 0, trailers.
 * Undefined where it doesn't end as it must.
 */
export function decodeAwsChunked(encoded: Uint8Array): ChunkedBody | undefined {
  const bytes = Buffer.from(encoded);
  const chunks: Buffer[] = [];
  let position = 0;
  const line = (): string | undefined => {
    const end = bytes.indexOf('\r\n', position);
    if (end === -1) return undefined;
    const text = bytes.toString('latin1', position, end);
    position = end + 2;
    return text;
  };

  for (;;) {
    const [, digits] = /^([0-9a-fA-F]{1,8})(?:;.*)?$/.exec(line() ?? '') ?? [];
    if (digits === undefined) return undefined;
    const size = Number.parseInt(digits, 16);
    if (size === 0) break;
    if (position + size + 2 > bytes.length) return undefined;
    chunks.push(bytes.subarray(position, position + size));
    position += size;
    if (line() !== '') return undefined;
  }
  const trailers: Record<string, string> = {};
  for (let text = line(); text !== ''; text = line()) {
    const [, name, value] = /^([\w-]+):\s*(.*?)\s*$/.exec(text ?? '') ?? [];
    if (name === undefined || value === undefined) return undefined;
    trailers[name.toLowerCase()] = value;
  }
  return position === bytes.length ? { body: Buffer.concat(chunks), trailers } : undefined;
}
