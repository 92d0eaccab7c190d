/** Truly signed tokens of another kind, issuer, audience, time or caller. */

import type { TokenVerificationErrorCode } from './errors.js';
import type { HostileRow } from './hostile-row.fixture.js';
import type { Json } from './hostile-emulator.fixture.js';
import { goodClaims, goodHeader, signed } from './hostile-emulator.fixture.js';

/** As in `hostileVerifierOptions`. */
const TOLERANCE = 5;
const TEXTS = ['iss', 'sub', 'owner', 'owner_id', 'project', 'project_id', 'environment'] as const;

export function hostileClaims(now: number): readonly HostileRow[] {
  const claims = goodClaims(now);
  const row = (name: string, code: TokenVerificationErrorCode, changes: Json): HostileRow => [
    name,
    code,
    signed(goodHeader(), { ...claims, ...changes }),
  ];
  /** A caller whose `sub` agrees with the rest. */
  const caller = (changes: {
    owner?: string;
    project?: string;
    environment?: string;
    project_id?: string;
  }): Json => {
    const { owner = 'acme', project = 'shop', environment = 'production' } = changes;
    return { ...changes, sub: `owner:${owner}:project:${project}:environment:${environment}` };
  };
  const issuers = [
    'https://oidc.vercel.com',
    'https://oidc.vercel.com/',
    'https://oidc.vercel.com/other',
    'https://oidc.vercel.com/acme/',
    'https://oidc.vercel.com/ACME',
    'https://oidc.vercel.com/\u0430cme',
    'https://oidc.vercel.com/acme%2f',
    'https://oidc.vercel.com/other/../acme',
    'https://oidc.vercel.com//acme',
    'https://oidc.vercel.com/acme?x',
    'https://oidc.vercel.com/acme\u0000',
    'https://oidc.vercel.com:443/acme',
    'https://OIDC.vercel.com/acme',
    'http://oidc.vercel.com/acme',
    'https://oidc.vercel.com.evil.example/acme',
    'https://oidc.vercel.com@evil.example/acme',
    'https://evil.example/oidc.vercel.com/acme',
    'oidc.vercel.com/acme',
    ' https://oidc.vercel.com/acme',
    'https://token.actions.githubusercontent.com',
  ];
  const kinds = [
    'https://passport.vercel.com/acme',
    'https://passport.vercel.com',
    'https://PASSPORT.vercel.com/acme',
    'https://vercel.com',
    'https://vercel.com/',
  ];
  const audiences: readonly (readonly [string, TokenVerificationErrorCode, unknown])[] = [
    ['aud of another team', 'audience_mismatch', 'https://vercel.com/other'],
    ['aud that begins like ours', 'audience_mismatch', 'https://vercel.com/acme.evil.example'],
    ['aud that ours begins with', 'audience_mismatch', 'https://vercel.com/acm'],
    ['aud with a slash behind', 'audience_mismatch', 'https://vercel.com/acme/'],
    ['aud in other letters', 'audience_mismatch', 'https://vercel.com/ACME'],
    ['aud *', 'audience_mismatch', '*'],
    [
      'aud with ours and another in one string',
      'audience_mismatch',
      'https://vercel.com/acme https://evil.example',
    ],
    ['aud a list of others', 'audience_mismatch', ['https://evil.example', 'https://vercel.com/other']],
    ['aud an empty list', 'invalid_claims', []],
    ['aud a list with a number', 'invalid_claims', ['https://vercel.com/acme', 1]],
    ['aud a list in a list', 'invalid_claims', [['https://vercel.com/acme']]],
    ['aud an object', 'invalid_claims', { 'https://vercel.com/acme': true }],
    ['aud null', 'invalid_claims', null],
    ['aud empty', 'invalid_claims', ''],
    ['no aud', 'invalid_claims', undefined],
    ['aud true', 'invalid_claims', true],
  ];
  const times: readonly (readonly [string, TokenVerificationErrorCode, Json])[] = [
    [
      'ended: the last second of tolerance is over',
      'token_expired',
      { iat: now - 3600, nbf: now - 3600, exp: now - TOLERANCE },
    ],
    [
      'ended: a second later',
      'token_expired',
      { iat: now - 3600, nbf: now - 3600, exp: now - TOLERANCE - 1 },
    ],
    [
      'ended a year ago',
      'token_expired',
      { iat: now - 31_536_000, nbf: now - 31_536_000, exp: now - 31_532_400 },
    ],
    ['begins a second after the tolerance (nbf)', 'token_not_yet_valid', { nbf: now + TOLERANCE + 1 }],
    [
      'begins a second after the tolerance (iat)',
      'token_not_yet_valid',
      { iat: now + TOLERANCE + 1, nbf: undefined },
    ],
    ['issued in an hour', 'token_not_yet_valid', { iat: now + 3600, exp: now + 7200 }],
    ['exp a string', 'invalid_claims', { exp: String(now + 3600) }],
    ['exp a date', 'invalid_claims', { exp: '2099-01-01T00:00:00Z' }],
    ['exp in a list', 'invalid_claims', { exp: [now + 3600] }],
    ['exp null', 'invalid_claims', { exp: null }],
    ['no exp', 'invalid_claims', { exp: undefined }],
    ['exp true', 'invalid_claims', { exp: true }],
    ['exp below zero', 'invalid_claims', { exp: -1 }],
    ['exp beyond all dates', 'invalid_claims', { exp: 1e300 }],
    ['exp in milliseconds', 'invalid_claims', { exp: (now + 3600) * 1000 }],
    ['ends before it begins', 'invalid_claims', { iat: now, exp: now - 1 }],
    ['lives a second longer than a day', 'invalid_claims', { exp: now + 24 * 3600 + 1 }],
    ['no iat', 'invalid_claims', { iat: undefined }],
    ['iat a string', 'invalid_claims', { iat: String(now) }],
    ['nbf a string', 'invalid_claims', { nbf: String(now) }],
    ['nbf null', 'invalid_claims', { nbf: null }],
  ];
  const callers: readonly (readonly [string, Parameters<typeof caller>[0]])[] = [
    ['a preview', { environment: 'preview' }],
    ["a laptop's token", { environment: 'development' }],
    ['production in other letters', { environment: 'Production' }],
    ['production with a look-alike letter', { environment: 'pr\u043eduction' }],
    ['production with a dotless i', { environment: 'product\u0131on' }],
    [
      'production in full width',
      { environment: '\uff50\uff52\uff4f\uff44\uff55\uff43\uff54\uff49\uff4f\uff4e' },
    ],
    ['production with an accent that composes', { environment: 'pro\u0301duction' }],
    ['production and a space', { environment: 'production ' }],
    ['production and a zero-width space', { environment: 'production\u200b' }],
    ['an environment that begins like production', { environment: 'production-eu' }],
    ['environment *', { environment: '*' }],
    ['another project', { project: 'blog', project_id: 'prj_blog' }],
    ['the project name under another id', { project_id: 'prj_other' }],
    ['the project id in other letters', { project_id: 'PRJ_SHOP' }],
    ['the project id with a look-alike letter', { project_id: 'prj_\u0455hop' }],
    ['the project id and a line break', { project_id: 'prj_shop\n' }],
    ['project id *', { project_id: '*' }],
  ];
  const subjects: readonly (readonly [string, Json])[] = [
    ['sub of another environment', { sub: 'owner:acme:project:shop:environment:preview' }],
    ['environment that sub does not have', { environment: 'production', sub: 'owner:acme:project:shop' }],
    ['sub in other letters', { sub: 'owner:acme:project:SHOP:environment:production' }],
    ['an owner that the issuer is not', caller({ owner: 'other' })],
    ['an owner with a look-alike letter', caller({ owner: '\u0430cme' })],
    ['an owner in other letters', caller({ owner: 'ACME' })],
    ['user_id a list', { user_id: ['user_1'] }],
    ['user_id null', { user_id: null }],
  ];
  const overflowing = JSON.stringify(claims).replace(`"exp":${now + 3600}`, '"exp":1e400');
  const shown = (value: unknown): string => JSON.stringify(value);
  return [
    ...issuers.map((iss) => row(`iss ${shown(iss)}`, 'issuer_mismatch', { iss })),
    ...kinds.map((iss) => row(`iss ${shown(iss)}`, 'wrong_token_kind', { iss })),
    [
      'a Passport token of another algorithm',
      'wrong_token_kind',
      signed({ ...goodHeader(), alg: 'ES256' }, { iss: 'https://passport.vercel.com/acme' }),
    ],
    [
      'a Sign in with Vercel token with its own claims',
      'wrong_token_kind',
      signed(goodHeader(), {
        iss: 'https://vercel.com',
        sub: 'user_1',
        aud: 'cl_1',
        exp: now + 60,
        iat: now,
      }),
    ],
    ...TEXTS.flatMap((name) => [
      row(`${name} in a list`, 'invalid_claims', { [name]: [claims[name]] }),
      row(`${name} null`, 'invalid_claims', { [name]: null }),
      row(`no ${name}`, 'invalid_claims', { [name]: undefined }),
      row(`${name} empty`, 'invalid_claims', { [name]: '' }),
      row(`${name} an object`, 'invalid_claims', { [name]: { toString: claims[name] } }),
    ]),
    ['exp 1e400', 'invalid_claims', signed(goodHeader(), overflowing)],
    ['no claim at all', 'invalid_claims', signed(goodHeader(), {})],
    ...audiences.map(([name, code, aud]) => row(name, code, { aud })),
    ...times.map(([name, code, changes]) => row(name, code, changes)),
    ...callers.map(([name, changes]) => row(name, 'not_allowed', caller(changes))),
    ...subjects.map(([name, changes]) => row(name, 'invalid_claims', changes)),
  ];
}
