/** Small files that people and other programs write: regular ones alone, bounded, and never waited for. */

interface FileSystem {
  readonly constants: { readonly O_RDONLY: number; readonly O_NONBLOCK?: number; readonly O_NOCTTY?: number };
  openSync(path: string, flags: number): number;
  fstatSync(descriptor: number): { isFile(): boolean; isDirectory(): boolean };
  readSync(descriptor: number, buffer: Uint8Array, offset: number, length: number, position: null): number;
  closeSync(descriptor: number): void;
}

/** Why the file is not read; `code` as Node's own errors have it. */
export class UnreadableFile extends Error {
  override readonly name = 'UnreadableFile';
  readonly code: 'ENOTFILE' | 'EISDIR' | 'EFBIG';

  constructor(code: 'ENOTFILE' | 'EISDIR' | 'EFBIG', why: string) {
    super(`The file is not read: ${why}.`);
    this.code = code;
  }
}

/**
 * The file's bytes, at most `maxBytes` of them. A named pipe, a device or a folder in its place is refused without
 * waiting for it: opening a pipe blocks until somebody writes, and a device may never end.
 *
 * @param fs Node's own module, looked up by the caller
 * @throws UnreadableFile `ENOTFILE` where it is no regular file, `EISDIR` where it is a folder, `EFBIG` where it is longer; Node's error otherwise
 */
export function readRegularFile(fs: FileSystem, path: string, maxBytes: number): Uint8Array {
  const { O_RDONLY, O_NONBLOCK = 0, O_NOCTTY = 0 } = fs.constants;
  const descriptor = fs.openSync(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  try {
    // Of what was opened: nothing can be put in its place meanwhile.
    const stats = fs.fstatSync(descriptor);
    if (!stats.isFile())
      throw new UnreadableFile(stats.isDirectory() ? 'EISDIR' : 'ENOTFILE', 'it is not a regular file');
    // Not by its size: some file systems say 0 of a file that has content. One byte more tells that it is too long.
    const buffer = new Uint8Array(maxBytes + 1);
    let length = 0;
    let read = -1;
    while (read !== 0 && length <= maxBytes) {
      read = fs.readSync(descriptor, buffer, length, buffer.length - length, null);
      length += read;
    }
    if (length > maxBytes) throw new UnreadableFile('EFBIG', `it is longer than ${maxBytes} bytes`);
    return buffer.subarray(0, length);
  } finally {
    fs.closeSync(descriptor);
  }
}
