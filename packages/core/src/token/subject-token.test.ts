import { describe, expect, it } from 'vitest';
import { rememberedToken } from '../cache/cache.js';
import { FederationError } from '../federation-error.js';
import { makeJwt } from '../provider.fixture.js';
import { readableToken, readSubjectToken } from './source-error.js';

const raw = (payload: string | Uint8Array): string =>
  `eyJhbGciOiJSUzI1NiJ9.${Buffer.from(payload).toString('base64url')}.c2ln`;

describe('readSubjectToken', () => {
  it('reads claims and expiry, and trims what a file or a shell left around it', () => {
    const jwt = makeJwt({
      iss: 'https://oidc.vercel.com/acme',
      aud: ['a', 'b'],
      sub: 'ünï',
      exp: 1_700_000_000.5,
      extra: { a: 1 },
    });
    const token = readSubjectToken(`\n ${jwt}\r\n`);
    expect(token).toMatchObject({
      jwt,
      expiresAt: 1_700_000_000_500,
      claims: { sub: 'ünï', extra: { a: 1 } },
    });
  });

  it('freezes the token and its claims at any depth: it is shared by all who read the same one', () => {
    const jwt = makeJwt({ environment: 'preview', aud: ['a'], deep: { list: [{ a: 1 }] } });
    for (const token of [
      readSubjectToken(jwt),
      readableToken(rememberedToken(jwt)),
      readableToken(rememberedToken(jwt)),
    ]) {
      const claims = token.claims as { environment: string; aud: string[]; deep: { list: { a: number }[] } };
      expect(() => Object.assign(token, { claims: {} })).toThrow(TypeError);
      expect(() => Object.assign(claims, { environment: 'production' })).toThrow(TypeError);
      expect(() => claims.aud.push('b')).toThrow(TypeError);
      expect(() => Object.assign(claims.deep.list[0] as object, { a: 2 })).toThrow(TypeError);
      expect(claims.environment).toBe('preview');
    }
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a number', 5],
    ['an object', { jwt: makeJwt() }],
    ['an empty text', ''],
    ['white space', '  \n'],
    ['a text', 'not a token'],
    ['two parts', makeJwt().split('.').slice(0, 2).join('.')],
    ['four parts', `${makeJwt()}.x`],
    ['five parts, encrypted', 'a.b.c.d.e'],
    ['an empty signature', `${makeJwt().split('.').slice(0, 2).join('.')}.`],
    ['an empty payload', 'eyJhbGciOiJub25lIn0..c2ln'],
    [
      'ordinary base64',
      makeJwt({ x: '>>>???' }).replaceAll('-', '+').replaceAll('_', '/').replace('.', '.+'),
    ],
    ['padding', makeJwt().replace('.', '=.')],
    ['a line break within', makeJwt().replace('.', '.\n')],
    ['a header in front', `Bearer ${makeJwt()}`],
    ['quotes around it', `"${makeJwt()}"`],
    ['17 KiB', makeJwt({ x: 'x'.repeat(17_000) })],
    ['a payload of five characters', 'a.abcde.c'],
    ['a payload that is no JSON', raw('{')],
    ['a payload that is no UTF-8', raw(new Uint8Array([0x7b, 0xff, 0x7d]))],
    ['a payload that is a list', raw('[1]')],
    ['a payload that is null', raw('null')],
    ['a payload that is a text', raw('"x"')],
    ['no exp', raw('{}')],
    ['an exp that is a text', raw('{"exp":"9999999999"}')],
    ['an exp that is null', raw('{"exp":null}')],
    ['an exp beyond all numbers', raw('{"exp":1e999}')],
    ['an exp beyond all dates', raw('{"exp":1e300}')],
    ['an aud that is a number', raw('{"exp":1,"aud":5}')],
    ['an aud that is an object', raw('{"exp":1,"aud":{"a":1}}')],
    ['an aud with a number in it', raw('{"exp":1,"aud":["a",5]}')],
    ...['iss', 'sub', 'owner', 'owner_id', 'project', 'project_id', 'environment'].map(
      (name): [string, unknown] => [`a ${name} that is a list`, raw(`{"exp":1,"${name}":["x"]}`)],
    ),
  ])('refuses %s, and repeats nothing of it', (_case, given) => {
    let error: unknown;
    try {
      readSubjectToken(given);
    } catch (thrown) {
      error = thrown;
    }
    expect(FederationError.isInstance(error) && error.code).toBe('invalid_subject_token');
    expect((error as Error).message).not.toMatch(/eyJ/);
    expect((error as Error).cause).toBeUndefined();
  });

  it('is not fooled by a prototype in the payload', () => {
    const { claims } = readSubjectToken(
      raw('{"exp":1,"__proto__":{"project_id":"prj_other"},"constructor":1}'),
    );
    expect(claims.project_id).toBeUndefined();
    expect(({} as { project_id?: unknown }).project_id).toBeUndefined();
  });
});
