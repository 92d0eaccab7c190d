/** The primitive types of the Kafka protocol, as far as the broker of this folder needs them. */

import { demand } from './loopback-server.js';

const integer = (bytes: 2 | 4) => (value: number) => {
  const buffer = Buffer.alloc(bytes);
  buffer.writeIntBE(value, 0, bytes);
  return buffer;
};
export const int16: (value: number) => Buffer = integer(2);
export const int32: (value: number) => Buffer = integer(4);

export function int64(value: number): Buffer {
  const buffer = Buffer.alloc(8);
  buffer.writeBigInt64BE(BigInt(value));
  return buffer;
}

export const boolean = (value: boolean): Buffer => Buffer.from([value ? 1 : 0]);

function unsignedVarint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128);
  return Buffer.from([...bytes, rest]);
}

/** How a version writes texts, bytes and arrays. `tags` ends each structure. */
export interface Encoding {
  text(value: string | null): Buffer;
  bytes(value: Buffer): Buffer;
  array(items: readonly Buffer[]): Buffer;
  readonly tags: Buffer;
}

export const CLASSIC: Encoding = {
  text: (value) =>
    value === null ? int16(-1) : Buffer.concat([int16(Buffer.byteLength(value)), Buffer.from(value)]),
  bytes: (value) => Buffer.concat([int32(value.length), value]),
  array: (items) => Buffer.concat([int32(items.length), ...items]),
  tags: Buffer.alloc(0),
};

/** KIP-482: lengths plus one, as variable integers. */
export const FLEXIBLE: Encoding = {
  text: (value) =>
    value === null
      ? unsignedVarint(0)
      : Buffer.concat([unsignedVarint(Buffer.byteLength(value) + 1), Buffer.from(value)]),
  bytes: (value) => Buffer.concat([unsignedVarint(value.length + 1), value]),
  array: (items) => Buffer.concat([unsignedVarint(items.length + 1), ...items]),
  tags: Buffer.from([0]),
};

/** Reads a request from its first byte to its last. */
export class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  take(length: number): Buffer {
    demand(length >= 0 && this.#at + length <= this.#bytes.length, 'A request is shorter than its fields.');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  int16(): number {
    return this.take(2).readInt16BE();
  }

  int32(): number {
    return this.take(4).readInt32BE();
  }

  #unsignedVarint(): number {
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.take(1).readUInt8();
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
    demand(false, 'A variable integer is too long.');
  }

  text(): string | null {
    const length = this.int16();
    return length === -1 ? null : this.take(length).toString();
  }

  bytes(isFlexible: boolean): Buffer {
    return this.take(isFlexible ? this.#unsignedVarint() - 1 : this.int32());
  }

  compactText(): string {
    return this.bytes(true).toString();
  }

  tags(): void {
    demand(
      this.#unsignedVarint() === 0,
      'A request has tagged fields, which no client of this folder sends.',
    );
  }

  end(): void {
    demand(this.#at === this.#bytes.length, 'A request is longer than its fields.');
  }
}
