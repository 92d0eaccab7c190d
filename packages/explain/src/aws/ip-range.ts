/** IP addresses and ranges as conditions write them: `203.0.113.7`, `203.0.113.0/24`, `2001:db8::/32` (RFC 4632, RFC 4291). */

interface Address {
  readonly value: bigint;
  /** 32 or 128 bits. */
  readonly width: number;
}

interface IpRange extends Address {
  /** Leading bits that are compared. */
  readonly prefix: number;
}

/** Undefined if the text is neither an address nor a range. */
export function ipRangeOf(text: string): IpRange | undefined {
  const [, host = '', length] = /^([\d.a-f:]{2,45})(?:\/(\d{1,3}))?$/i.exec(text) ?? [];
  const address = addressOf(host);
  const prefix = length === undefined ? address?.width : Number(length);
  return address === undefined || prefix === undefined || prefix > address.width
    ? undefined
    : { ...address, prefix };
}

export function isInRange(text: string, range: IpRange): boolean {
  const address = addressOf(text);
  const rest = BigInt(range.width - range.prefix);
  return address?.width === range.width && address.value >> rest === range.value >> rest;
}

function addressOf(text: string): Address | undefined {
  if (!text.includes(':')) return fromBytes(text);
  const [before = '', after, ...more] = text.split('::');
  const [head, tail] = [groupsOf(before), groupsOf(after ?? '')];
  const missing = 8 - head.length - tail.length;
  if (more.length > 0 || (after === undefined ? missing !== 0 : missing < 1)) return undefined;
  return joined([...head, ...Array.from({ length: missing }, () => 0), ...tail], 16);
}

function fromBytes(text: string): Address | undefined {
  const parts = text.split('.');
  const isAddress = parts.length === 4 && parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part));
  return isAddress ? joined(parts.map(Number), 8) : undefined;
}

/** Groups of 16 bits; the last 32 may be written as an address of version 4. NaN: not a group. */
function groupsOf(text: string): readonly number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    const last = group.includes('.') ? fromBytes(group) : undefined;
    if (last !== undefined) return [Number(last.value >> 16n), Number(last.value & 0xffffn)];
    return /^[\da-f]{1,4}$/i.test(group) ? Number.parseInt(group, 16) : Number.NaN;
  });
}

function joined(parts: readonly number[], bits: number): Address | undefined {
  if (!parts.every((part) => part < 2 ** bits)) return undefined;
  const value = parts.reduce((sum, part) => (sum << BigInt(bits)) | BigInt(part), 0n);
  return { value, width: parts.length * bits };
}
