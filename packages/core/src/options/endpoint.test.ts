import { describe, expect, it } from 'vitest';
import { OptionError } from '../errors.js';
import {
  DOMAIN_NAME,
  endpointUrl,
  HOST_LABEL,
  httpsUrl,
  isLoopback,
  SERVICE_ACCOUNT_EMAIL,
  TENANT,
} from './endpoint.js';

const GUID = '72f988bf-86f1-41af-91ab-2d7cd011db47';
const EVERYWHERE_HOSTILE = [
  '',
  ' ',
  '.',
  '..',
  '/',
  '\\',
  'a/b',
  'a\\b',
  'a b',
  'a\nb',
  'a\tb',
  'a\0b',
  'a?b',
  'a#b',
  'a@b',
  'a:b',
  'a%2eb',
  '%00',
  'é',
  'ａ',
  'a\u200bb',
  '\u202ea',
  '-a',
  'a-',
  'a'.repeat(64),
  'evil.com/',
  'evil.com#',
  'evil.com?x',
  '@evil.com',
  'x@evil.com/',
  'evil.com\\@good.com',
  'good.com\n',
  '\ngood.com',
  '[::1]',
  '${x}',
  '{x}',
  '<x>',
  "'",
  '"',
];

describe('grammars', () => {
  it.each([
    [
      'region',
      HOST_LABEL,
      ['eu-west-1', 'us-gov-east-1', 'a', '0'],
      ['EU-WEST-1', 'eu_west_1', 'eu.west', 'eu-west-1.evil.com'],
    ],
    [
      'universe',
      DOMAIN_NAME,
      ['googleapis.com', 'apis-s3ns.fr', 'a.bc'],
      [
        'googleapis',
        'googleapis.com.',
        '.com',
        'a..com',
        '127.0.0.1',
        '1.2',
        'GOOGLEAPIS.com',
        `${'a.'.repeat(130)}com`,
      ],
    ],
    [
      'tenant',
      TENANT,
      [GUID, GUID.toUpperCase(), 'contoso.onmicrosoft.com', 'Contoso.com'],
      [
        'common',
        'organizations',
        'consumers',
        `${GUID}0`,
        `{${GUID}}`,
        '127.0.0.1',
        'contoso',
        'contoso.com.',
      ],
    ],
    [
      'email',
      SERVICE_ACCOUNT_EMAIL,
      ['app@my-project.iam.gserviceaccount.com', '123-compute@developer.gserviceaccount.com'],
      [
        'app@localhost',
        'a@b@c.com',
        '@b.com',
        'a@',
        'a@b.com/x',
        'a@B.COM',
        'app+x@b.com',
        '../x@b.com',
        'a%40@b.com',
      ],
    ],
  ] as const)('%s', (_name, { pattern }, good, bad) => {
    for (const value of good) expect(pattern.test(value), value).toBe(true);
    for (const value of [...bad, ...EVERYWHERE_HOSTILE]) {
      if (!good.includes(value as never) && !(value === 'a'.repeat(64) && false))
        expect(pattern.test(value), JSON.stringify(value)).toBe(false);
    }
  });

  it('takes bounded time on long hostile input', () => {
    const began = performance.now();
    for (const { pattern } of [HOST_LABEL, DOMAIN_NAME, TENANT, SERVICE_ACCOUNT_EMAIL])
      for (const unit of ['a', 'a-', 'a.', '-', '0', 'a@', 'a.a-.'])
        for (const tail of ['', '!', '.']) expect(pattern.test(unit.repeat(50_000) + tail)).toBe(false);
    expect(performance.now() - began).toBeLessThan(1_000);
  });
});

describe('httpsUrl', () => {
  it('encodes each segment and keeps the colon and the at sign', () => {
    const url = httpsUrl({
      host: 'iamcredentials.googleapis.com',
      path: ['v1', 'projects', '-', 'serviceAccounts', 'a@b.com:generateAccessToken'],
    });
    expect(url.href).toBe(
      'https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/a@b.com:generateAccessToken',
    );
    expect(httpsUrl({ host: 'h.test', path: ['a/b?c#d', '%2e%2e', 'ü ', '\\'] }).href).toBe(
      'https://h.test/a%2Fb%3Fc%23d/%252e%252e/%C3%BC%20/%5C',
    );
    expect(httpsUrl({ host: 'h.test:8443' }).href).toBe('https://h.test:8443/');
  });

  it.each([
    'h.test/x',
    'h.test?x',
    'h.test#x',
    'x@h.test',
    'x:y@h.test',
    'H.test',
    'h.test:443',
    'h.test\\x',
    'h.test\n',
    ' h.test',
    '1',
    '0x7f.1',
    '127.1',
    'h%2etest',
    'ｈ.test',
    'h\u3002test',
    '',
    '/',
    'h.test:x',
    '[::1',
    'ü.test',
  ])('makes no URL of the host %j', (host) => expect(() => httpsUrl({ host })).toThrow(/URL/));

  it.each(['', '.', '..', '\ud800', 'a\udc00'])('makes no URL of the segment %j', (segment) => {
    expect(() => httpsUrl({ host: 'h.test', path: ['a', segment] })).toThrow(OptionError);
  });
});

describe('endpointUrl', () => {
  const name = { option: 'endpoint', environmentVariable: ['OWN_ENDPOINT', 'OTHER'] };
  const lax = { allowLoopbackHttp: true, allowPath: true };

  it.each([
    'https://h.test',
    'https://h.test/',
    'https://h.test:8443',
    'HTTPS://H.TEST',
    'https://h.test:443',
    'https://[::1]:1',
    'https://127.0.0.1',
    'https://xn--80ak6aa92e.test',
    'http://localhost:3000',
    'http://127.0.0.1:1',
    'http://127.255.255.254',
    'http://[::1]:8080',
  ])('takes %s', (value) =>
    expect(endpointUrl(name, value, { allowLoopbackHttp: true, allowPath: false }).pathname).toBe('/'),
  );

  it.each([
    'http://h.test',
    'http://10.0.0.1',
    'http://169.254.169.254',
    'http://0.0.0.0',
    'http://[::]',
    'http://127.0.0.1.evil.test',
    'http://localhost.evil.test',
    'http://localhost.',
    'http://[::ffff:127.0.0.1]',
    'http://2130706433',
    'http://0177.0.0.1',
    'http://127.1',
    'ftp://h.test',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'data:text/plain,x',
    'ws://h.test',
    'https:h.test',
    'https:/h.test',
    'https:///h.test',
    'https://',
    'https://?',
    '//h.test',
    'h.test',
    '',
    ' https://h.test',
    'https://h.test ',
    'https://h.test\n',
    'https://h\t.test',
    'https:\\\\h.test',
    'https://h.test\\x',
    'https://h.test\\@evil.test',
    'https://user@h.test',
    'https://user:pass@h.test',
    'https://@h.test',
    'https://h.test/@x',
    'https://h.test?x=1',
    'https://h.test?',
    'https://h.test#x',
    'https://h.test#',
    'https://h%2etest',
    'https://ü.test',
    'https://h\u3002test',
    'https://h.test:99999',
    'https://h.test:80:80',
    'https://[::1',
    'https://1',
    'https://0x7f000001',
  ])('refuses %j', (value) => {
    let thrown: unknown;
    try {
      endpointUrl(name, value, lax);
    } catch (error) {
      thrown = error;
    }
    expect(OptionError.isInstance(thrown)).toBe(true);
    expect(thrown).toMatchObject({
      code: 'unsafe_url',
      option: 'endpoint',
      environmentVariable: 'OWN_ENDPOINT',
    });
    expect((thrown as Error).message).toContain('`endpoint` (OWN_ENDPOINT)');
    expect((thrown as Error).message).not.toContain('pass@');
  });

  it('refuses a path where none is allowed, and http on loopback where code does not say so', () => {
    expect(endpointUrl(name, 'https://h.test/a/b', lax).pathname).toBe('/a/b');
    expect(() => endpointUrl(name, 'https://h.test/a', { ...lax, allowPath: false })).toThrow(
      'without a path',
    );
    expect(() => endpointUrl(name, 'http://localhost:1', { ...lax, allowLoopbackHttp: false })).toThrow(
      '`allowLoopbackHttp: true`',
    );
    for (const value of [undefined, null, 5, {}])
      expect(() => endpointUrl(name, value as never, lax)).toThrow(OptionError);
  });

  it('knows loopback by its addresses', () => {
    expect(['localhost', '[::1]', '127.0.0.1', '127.1.2.3'].every(isLoopback)).toBe(true);
    expect(['localhost.', 'LOCALHOST', '::1', '128.0.0.1', '127.0.0.1.x', '127.0.0'].some(isLoopback)).toBe(
      false,
    );
  });
});
