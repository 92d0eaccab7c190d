/** Texts that are no compact JWS, or one that can be read in two ways. */

import type { HostileRow } from './hostile-row.fixture.js';
import { base64url, goodClaims, goodHeader, signed } from './hostile-emulator.fixture.js';

export function hostileForms(now: number): readonly HostileRow[] {
  const claims = goodClaims(now);
  const header = goodHeader();
  const good = signed(header, claims);
  const [head, payload, signature] = good.split('.') as [string, string, string];
  const text = JSON.stringify(claims);
  /** The good claims' text with one more member. */
  const with_ = (member: string, where: 'first' | 'last' = 'last'): string =>
    where === 'last' ? `${text.slice(0, -1)},${member}}` : `{${member},${text.slice(1)}`;
  const headWith = (member: string): string => `${JSON.stringify(header).slice(0, -1)},${member}}`;

  const texts: readonly (readonly [string, string])[] = [
    ['one part', 'eyJhbGciOiJSUzI1NiJ9'],
    ['two parts', `${head}.${payload}`],
    ['four parts', `${good}.${signature}`],
    ['a dot in front', `.${good}`],
    ['a dot behind', `${good}.`],
    ['dots alone', '..'],
    ['thousands of dots', '.'.repeat(10_000)],
    ['the shape of a JWE', `${head}.${payload}.${signature}.${payload}.${signature}`],
    ['the JSON serialization', JSON.stringify({ protected: head, payload, signature })],
    ['a space in front', ` ${good}`],
    ['a space behind', `${good} `],
    ['a line break behind', `${good}\n`],
    ['a line break within', `${head}.\n${payload}.${signature}`],
    ['a tab between the parts', `${head}\t.${payload}.${signature}`],
    ['Bearer in front', `Bearer ${good}`],
    ['quotes around it', `"${good}"`],
    ['a NUL behind', `${good}\0`],
    ['percent-encoded', encodeURIComponent(`${good}=`)],
    ['two tokens, a comma between', `${good},${good}`],
    ['an emoji', `${head}.${payload}.🔑`],
    ['half a surrogate pair', `${good}\ud800`],
    ['a look-alike dot', good.replaceAll('.', '\u2024')],
    ['a zero-width space within', `${head}.${payload}\u200b.${signature}`],
    ['1 MB of one letter', 'a'.repeat(1_048_576)],
    ['1 MB in the payload', signed(header, { ...claims, filler: 'x'.repeat(1_048_576) })],
    [
      'a truly signed token of more than 16,384 characters',
      signed(header, { ...claims, filler: 'x'.repeat(16_000) }),
    ],
    ['padding at the end', `${good}==`],
    ['padding within', `${head}=.${payload}.${signature}`],
    ['base64 in place of base64url', `${head}.${payload}.${'+/'.repeat(171)}`],
    ['a header that is no JSON', signed('alg=RS256', claims)],
    ['a header that is a list', signed('["RS256"]', claims)],
    ['a header that is null', signed('null', claims)],
    ['a payload that is a list', signed(header, `[${text}]`)],
    ['a payload that is a string', signed(header, JSON.stringify(text))],
    ['a payload that is null', signed(header, 'null')],
    ['a payload that is empty', signed(header, '')],
    ['a payload with a byte order mark', signed(header, `\ufeff${text}`)],
    [
      'a payload that is not UTF-8',
      signed(header, Buffer.concat([Buffer.from(with_('"x":"')), Buffer.from([0xff, 0x22, 0x7d])])),
    ],
    ['a payload in UTF-16', signed(header, Buffer.from(text, 'utf16le'))],
    ['a payload with a comment', signed(header, `/* */${text}`)],
    ['two payloads one after the other', signed(header, text + text)],
    ['a token within a token', signed({ ...header, cty: 'JWT' }, good)],
    ['5,000 lists in each other', signed(header, with_(`"deep":${'['.repeat(5_000)}${']'.repeat(5_000)}`))],
    ['exp that is NaN', signed(header, with_('"exp":NaN').replace(`"exp":${now + 3600},`, ''))],
    ['alg named twice, none last', signed(headWith('"alg":"none"'), claims)],
    ['alg named twice, RS256 last', signed(`{"alg":"none",${JSON.stringify(header).slice(1)}`, claims)],
    ['kid named twice', signed(headWith('"kid":"other"'), claims)],
    ['typ named twice', signed(headWith('"typ":"JWT"'), claims)],
    ['aud named twice', signed(header, with_('"aud":"https://vercel.com/acme"'))],
    ['aud named twice, the wrong one first', signed(header, with_('"aud":"https://evil.example"', 'first'))],
    ['environment named twice', signed(header, with_('"environment":"preview"', 'first'))],
    ['exp named twice', signed(header, with_('"exp":1', 'first'))],
    ['project_id named twice, once escaped', signed(header, with_('"project\\u005fid":"prj_shop"'))],
    ['a member named twice within act', signed(header, with_('"act":{"aud":"a","aud":"b"}'))],
    ['__proto__ in the claims', signed(header, with_('"__proto__":{"owner":"acme"}'))],
    ['__proto__ within act', signed(header, with_('"act":{"__proto__":{"a":1}}'))],
    ['__proto__ escaped', signed(header, with_('"\\u005f_proto__":{}'))],
    ['__proto__ in the header', signed(headWith('"__proto__":{"alg":"none"}'), claims)],
    ['__proto__ in place of the claims', signed(header, `{"__proto__":${text}}`)],
    ['an empty header', `.${payload}.${signature}`],
    ['an empty payload', `${head}..${signature}`],
    ['a header of an empty object', `${base64url('{}')}.${payload}.${signature}`],
  ];
  return [
    ['nothing', 'no_token', ''],
    ...texts.map(([name, token]) => [name, 'malformed_token', token] as const),
  ];
}
