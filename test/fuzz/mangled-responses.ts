/** Good answers of token services, spoilt in every way that a line, a proxy or an enemy can spoil one. */

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

type Random = () => number;
type Spoil = (body: Buffer, random: Random) => Buffer;

const below = (random: Random, bound: number): number => Math.floor(random() * bound);
const pick = <T>(random: Random, list: readonly T[]): T => list[below(random, list.length)] as T;
const place = (random: Random, body: Buffer): number => below(random, body.length + 1);

/** Two places in order, not far apart. */
function slice(random: Random, body: Buffer): readonly [from: number, to: number] {
  const from = place(random, body);
  return [from, Math.min(body.length, from + 1 + below(random, 64))];
}

const insert = (body: Buffer, at: number, what: Uint8Array | string): Buffer =>
  Buffer.concat([body.subarray(0, at), Buffer.from(what as string), body.subarray(at)]);

const replaceAt = (body: Buffer, [from, to]: readonly [number, number], what: string | Uint8Array): Buffer =>
  Buffer.concat([body.subarray(0, from), Buffer.from(what as string), body.subarray(to)]);

/** One match of the pattern, chosen at random. */
function replaceOne(body: Buffer, random: Random, pattern: RegExp, make: (match: string) => string): Buffer {
  const text = body.toString('latin1');
  const matches = [...text.matchAll(pattern)];
  if (matches.length === 0) return body;
  const { index, 0: match } = pick(random, matches);
  return replaceAt(body, [index, index + match.length], Buffer.from(make(match), 'latin1'));
}

const NUMBERS = [
  '0',
  '-1',
  '-0',
  '1e999',
  '1e-9',
  '9007199254740993',
  '4102444800000',
  '0x10',
  'NaN',
  '1.5',
  '9'.repeat(400),
  '00',
  '1795345200',
];
const VALUES = [
  'null',
  'true',
  '[]',
  '{}',
  '""',
  '0',
  '[[]]',
  '"x y"',
  '"\\u0000"',
  '"\\ud800"',
  '{"a":1}',
  '"é"',
];
const ENTITIES = [
  '&lt;',
  '&amp;',
  '&#0;',
  '&#x41;',
  '&#xD800;',
  '&#x110000;',
  '&#99999999;',
  '&bogus;',
  '&',
  '&;',
  '&#;',
  '&lol9;',
];
const MARKUP = [
  '<!DOCTYPE a [<!ENTITY lol "lol"><!ENTITY lol9 "&lol;&lol;&lol;">]>',
  '<!-- -->',
  '<![CDATA[x]]>',
  '<?xml version="1.0"?>',
  '<Credentials>',
  '</Credentials>',
  '<AccessKeyId>ASIA2</AccessKeyId>',
  '<a/>',
  '<',
  '>',
  '{',
  '}',
  '[',
  ']',
  '"',
  ',',
  ':',
  '\\',
  '\\u',
  '\\ud83d',
  '__proto__',
  '{"__proto__":{"expires_in":3600}}',
];
/** No text in UTF-8: stray bytes, a NUL, half a surrogate pair, an overlong slash, a byte order mark. */
const BYTES = [[0xff], [0xc3], [0x00], [0xed, 0xa0, 0x80], [0xc0, 0xaf], [0xef, 0xbb, 0xbf], [0x0a], [0x7f]];

const SPOILS: Readonly<Record<string, Spoil>> = {
  'a bit is flipped': (body, random) => {
    if (body.length === 0) return body;
    const at = below(random, body.length);
    return replaceAt(body, [at, at + 1], Buffer.of((body[at] as number) ^ (1 << below(random, 8))));
  },
  'it is cut short': (body, random) => body.subarray(0, place(random, body)),
  'its beginning is missing': (body, random) => body.subarray(place(random, body)),
  'a part is missing': (body, random) => replaceAt(body, slice(random, body), ''),
  'a part comes twice': (body, random) => {
    const [from, to] = slice(random, body);
    return insert(body, place(random, body), body.subarray(from, to));
  },
  'it comes twice': (body, random) => Buffer.concat([body, Buffer.from(pick(random, ['', '\n', ','])), body]),
  'it is wrapped': (body, random) => {
    const [open, shut] = pick(random, [
      ['[', ']'],
      ['{"a":', '}'],
      ['<a>', '</a>'],
      ['"', '"'],
      [")]}'\n", ''],
    ] as const);
    return Buffer.concat([Buffer.from(open), body, Buffer.from(shut)]);
  },
  'it is deep': (body, random) => {
    const [open, shut] = pick(random, [
      ['[', ']'],
      ['{"a":', '}'],
      ['<a>', '</a>'],
    ] as const);
    const depth = pick(random, [20, 2_000, 30_000]);
    return insert(body, place(random, body), open.repeat(depth) + (random() < 0.5 ? shut.repeat(depth) : ''));
  },
  'a number is another': (body, random) =>
    replaceOne(body, random, /\d+(?:\.\d+)?/g, () => pick(random, NUMBERS)),
  'a value is of another type': (body, random) =>
    replaceOne(body, random, /(?<=":\s?)(?:"[^"]*"|[\d.]+)|(?<=>)[^<>]+(?=<)/g, () => pick(random, VALUES)),
  'a name is another': (body, random) =>
    replaceOne(body, random, /[A-Za-z_]{4,}/g, (name) =>
      pick(random, [name.toUpperCase(), `${name}s`, `x:${name}`, '__proto__', 'constructor', '']),
    ),
  'a member is missing': (body, random) =>
    replaceOne(body, random, /"\w+":\s?(?:"[^"]*"|[\d.]+),?|<(\w+)>[^<]*<\/\1>/g, () => ''),
  'a member comes twice': (body, random) =>
    replaceOne(body, random, /"\w+":\s?(?:"[^"]*"|[\d.]+),|<(\w+)>[^<]*<\/\1>/g, (member) => member + member),
  'an entity comes in': (body, random) => insert(body, place(random, body), pick(random, ENTITIES)),
  'markup comes in': (body, random) => insert(body, place(random, body), pick(random, MARKUP)),
  'bytes come in': (body, random) => insert(body, place(random, body), Buffer.from(pick(random, BYTES))),
  'it grows': (body, random) =>
    insert(
      body,
      place(random, body),
      pick(random, [' ', 'A', '0', '\n']).repeat(pick(random, [100, 20_000, 270_000])),
    ),
  'it is in another encoding': (body) => Buffer.from(body.toString('utf8'), 'utf16le'),
  'nothing is left': () => Buffer.alloc(0),
};

const STATUSES = [
  200, 200, 200, 200, 201, 204, 206, 300, 302, 307, 400, 401, 403, 404, 408, 418, 429, 500, 503, 599,
];
const HEADERS: readonly (readonly [name: string, values: readonly string[]])[] = [
  ['content-type', ['text/html', 'application/json; charset=utf-16', 'x', '', 'text/xml; charset="']],
  ['date', ['', 'now', 'Sun, 22 Nov 1970 10:00:00 GMT', '-1', 'Sun, 22 Nov 2099 10:00:00 GMT', '1e999']],
  ['age', ['1', '-1', 'x']],
  ['retry-after', ['0', '-1', '1e9', '99999999999', 'Sun, 22 Nov 2099 10:00:00 GMT', 'soon', '0.1']],
  ['retry-after-ms', ['0', 'x', '9'.repeat(20)]],
  ['content-length', ['0', '-1', '999999']],
  ['location', ['https://evil.example/', '//evil.example']],
  ['content-encoding', ['gzip', 'br']],
];

/** One to four things are wrong with it. */
export function mangled(good: Answer, random: Random): { readonly answer: Answer; readonly how: string } {
  let { status, body } = good;
  const headers: Record<string, string> = { ...good.headers };
  const how: string[] = [];
  for (let left = 1 + below(random, 4); left > 0; left--) {
    const kind = random();
    if (kind < 0.08) {
      status = pick(random, STATUSES);
      how.push(`status ${status}`);
    } else if (kind < 0.16) {
      const [name, values] = pick(random, HEADERS);
      headers[name] = pick(random, values);
      how.push(`${name}: ${headers[name]}`);
    } else {
      const name = pick(random, Object.keys(SPOILS));
      body = (SPOILS[name] as Spoil)(body, random);
      how.push(name);
    }
  }
  return { answer: { status, headers, body }, how: how.join('; ') };
}
