/** CRC-64/NVME (NVM Express Base Specification, section on 64-bit checksums): what S3's newer clients send by default. */

/** The polynomial 0xad93d23594c93659, bits reversed, as two halves: numbers of 64 bits would be slow. */
const HIGH = 0x9a6c9329;
const LOW = 0xac4bc9b5;

const TABLE = Array.from({ length: 256 }, (_, byte): readonly [number, number] => {
  let [high, low] = [0, byte];
  for (let bit = 0; bit < 8; bit++) {
    const isOdd = (low & 1) === 1;
    low = ((low >>> 1) | (high << 31)) >>> 0;
    high >>>= 1;
    if (isOdd) [high, low] = [(high ^ HIGH) >>> 0, (low ^ LOW) >>> 0];
  }
  return [high, low];
});

/** Big-endian and base64, as S3 writes it. */
export function crc64Nvme(content: Uint8Array): string {
  let [high, low] = [0xffffffff, 0xffffffff];
  for (const byte of content) {
    const [tableHigh, tableLow] = TABLE[(low ^ byte) & 0xff] ?? [0, 0];
    low = ((low >>> 8) | (high << 24)) ^ tableLow;
    high = (high >>> 8) ^ tableHigh;
  }
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32BE(~high >>> 0, 0);
  bytes.writeUInt32BE(~low >>> 0, 4);
  return bytes.toString('base64');
}
