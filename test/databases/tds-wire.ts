/** Messages and tokens of TDS, as far as the SQL server of this folder needs them. */

import { demand } from './loopback-server.js';

/** Types of packets. */
export const SQL_BATCH = 0x01;
export const RPC = 0x03;
const TABULAR_RESULT = 0x04;
export const FEDAUTH_TOKEN = 0x08;
export const LOGIN7 = 0x10;
export const PRELOGIN = 0x12;

const HEADER_BYTES = 8;

const utf16 = (text: string): Buffer => Buffer.from(text, 'utf16le');

function numeric(bytes: 1 | 2 | 4): (value: number) => Buffer {
  return (value) => {
    const buffer = Buffer.alloc(bytes);
    buffer.writeUIntLE(value, 0, bytes);
    return buffer;
  };
}
const uint8 = numeric(1);
const uint16 = numeric(2);
const uint32 = numeric(4);

/** A text of up to 255 characters, with its length. */
const shortText = (text: string): Buffer => Buffer.concat([uint8(text.length), utf16(text)]);

export interface Packet {
  readonly type: number;
  readonly isLast: boolean;
  readonly data: Buffer;
}

/** The length of the first packet. */
export const packetLength = (bytes: Buffer): number | undefined =>
  bytes.length < HEADER_BYTES ? undefined : bytes.readUInt16BE(2);

export const packetOf = (bytes: Buffer): Packet => {
  demand(bytes.length >= HEADER_BYTES, 'A packet is shorter than its header.');
  return {
    type: bytes.readUInt8(0),
    isLast: (bytes.readUInt8(1) & 1) === 1,
    data: bytes.subarray(HEADER_BYTES),
  };
};

/** One packet is enough for all that the server says. */
export function response(...tokens: readonly Buffer[]): Buffer {
  const data = Buffer.concat(tokens);
  const header = Buffer.from([TABULAR_RESULT, 1, 0, 0, 0, 0, 1, 0]);
  header.writeUInt16BE(HEADER_BYTES + data.length, 2);
  return Buffer.concat([header, data]);
}

const PRELOGIN_END = 0xff;

/** The options of PRELOGIN (2.2.6.5): each a number, with its bytes. */
export function preloginOptions(data: Buffer): ReadonlyMap<number, Buffer> {
  const options = new Map<number, Buffer>();
  for (let at = 0; data[at] !== PRELOGIN_END; at += 5) {
    demand(at + 5 < data.length, 'PRELOGIN has no end.');
    const [offset, length] = [data.readUInt16BE(at + 1), data.readUInt16BE(at + 3)];
    demand(offset + length <= data.length, 'An option of PRELOGIN is outside of the message.');
    options.set(data.readUInt8(at), data.subarray(offset, offset + length));
  }
  return options;
}

export function prelogin(options: readonly (readonly [option: number, value: Buffer])[]): Buffer {
  let offset = options.length * 5 + 1;
  const table = options.map(([option, value]) => {
    const entry = Buffer.from([option, 0, 0, 0, 0]);
    entry.writeUInt16BE(offset, 1);
    entry.writeUInt16BE(value.length, 3);
    offset += value.length;
    return entry;
  });
  return Buffer.concat([...table, Buffer.from([PRELOGIN_END]), ...options.map(([, value]) => value)]);
}

/** FEDAUTHINFO (2.2.7.12): who issues the token, and for what. */
export function fedAuthInfo(stsUrl: string, spn: string): Buffer {
  const entries = [
    [1, utf16(stsUrl)],
    [2, utf16(spn)],
  ] as const;
  let offset = 4 + entries.length * 9;
  const table = entries.map(([id, data]) => {
    const entry = Buffer.concat([uint8(id), uint32(data.length), uint32(offset)]);
    offset += data.length;
    return entry;
  });
  const body = Buffer.concat([uint32(entries.length), ...table, ...entries.map(([, data]) => data)]);
  return Buffer.concat([uint8(0xee), uint32(body.length), body]);
}

/** LOGINACK (2.2.7.14) for TDS 7.4, and FEATUREEXTACK (2.2.7.11) of federated authentication. */
export function loginAck(): Buffer {
  const name = 'Loopback';
  const ack = Buffer.concat([Buffer.from([1, 0x74, 0, 0, 4]), shortText(name), Buffer.from([16, 0, 0, 0])]);
  const features = Buffer.from([0xae, 2, 0, 0, 0, 0, 0xff]);
  return Buffer.concat([uint8(0xad), uint16(ack.length), ack, features]);
}

/** ERROR (2.2.7.10), of severity 14. */
export function sqlError(number: number, message: string): Buffer {
  const body = Buffer.concat([
    uint32(number),
    uint8(1),
    uint8(14),
    uint16(message.length),
    utf16(message),
    shortText('Loopback'),
    shortText(''),
    uint32(1),
  ]);
  return Buffer.concat([uint8(0xaa), uint16(body.length), body]);
}

/** One row with one column of the type INT4. */
export function integerRow(value: number): Buffer {
  const column = Buffer.concat([uint32(0), uint16(0), uint8(0x38), shortText('')]);
  return Buffer.concat([uint8(0x81), uint16(1), column, uint8(0xd1), uint32(value)]);
}

const ONE_ROW = 0x10;
const MORE = 0x01;
const FAILED = 0x02;

const ended = (token: number, status: number, rows: number): Buffer =>
  Buffer.concat([Buffer.from([token]), uint16(status), uint16(0), uint32(rows), uint32(0)]);

/** DONE of a batch (2.2.7.6). */
export const done = (status: 'rows' | 'failed' | 'nothing' = 'nothing'): Buffer =>
  ended(0xfd, { rows: ONE_ROW, failed: FAILED, nothing: 0 }[status], status === 'rows' ? 1 : 0);

/** DONEINPROC of the statement, RETURNSTATUS 0, DONEPROC: the end of a called procedure. */
export const procedureDone = (): Buffer =>
  Buffer.concat([ended(0xff, ONE_ROW | MORE, 1), uint8(0x79), uint32(0), ended(0xfe, 0, 0)]);
