/** The text of an answer that comes from outside: so long and no longer. */

/** `undefined` where it is longer than `most` bytes. */
export async function boundedText(response: Response, most: number): Promise<string | undefined> {
  if (response.body === null) return '';
  const reader: ReadableStreamDefaultReader<Uint8Array> = response.body.getReader();
  const decoder = new TextDecoder();
  let size = 0;
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    size += value.byteLength;
    if (size > most) {
      discard(reader);
      return undefined;
    }
    text += decoder.decode(value, { stream: true });
  }
}

/** Not waited for: a stream that won't end, or fails to, must not hide what was wrong with it. */
export function discard(stream: { cancel(): Promise<void> } | null): void {
  stream?.cancel().catch(() => undefined);
}
