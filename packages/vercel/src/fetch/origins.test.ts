/** Where a token may go: to the origins that were named, however they are written, and nowhere else. */

import { describe, expect, it, vi } from 'vitest';
import { OptionError } from '@credex/core';
import type { AuthenticatedFetchOptions } from '../index.js';
import { createAuthenticatedFetch } from '../index.js';
import { TOKEN, made } from './authenticated-fetch.fixture.js';

describe('where it goes', () => {
  const own = (more: Partial<AuthenticatedFetchOptions> = {}) => {
    const asked: string[] = [];
    const fetch = made(['https://api.example.com', 'https://xn--bcher-kva.example:8443'], {
      fetch: async (input) => {
        asked.push(String(input));
        return new Response('');
      },
      ...more,
    });
    return { fetch, asked };
  };

  it.each([
    'https://api.example.com',
    'https://api.example.com:443/a',
    'HTTPS://API.EXAMPLE.COM/a',
    'https://api.example.com\\a',
    'https://ａpi.example.com/',
    'https://bücher.example:8443/',
    'https:api.example.com',
    'https://api.example.com/@evil.example',
    'https://api.example.com/https://evil.example',
    'https://api.example.com\\@evil.example/',
  ])('asks %s, which is its own however it is written', async (url) => {
    const { fetch, asked } = own();
    await fetch(url);
    expect(asked).toEqual([new URL(url).href]);
    expect(['api.example.com', 'xn--bcher-kva.example:8443']).toContain(new URL(asked[0] as string).host);
  });

  it.each([
    'http://api.example.com/',
    'https://api.example.com./',
    'https://api.example.com:444/',
    'https://api.example.com.evil.example/',
    'https://evil.example/',
    'https://evil.example/https://api.example.com/',
    'https://evil.example#https://api.example.com',
    'https://api.example.com@evil.example/',
    'https://api.example.com%2eevil.example/',
    'https://user@api.example.com/',
    'https://user:password@api.example.com/',
    'https://api.exаmple.com/',
    'https://bücher.example/',
    'https://127.0.0.1/',
    'http://127.0.0.1/',
    'http://localhost:3000/',
    'blob:https://api.example.com/7b7d8f0e-0000-4000-8000-000000000000',
    'filesystem:https://api.example.com/temporary/a',
    'ftp://api.example.com/',
    'javascript:1',
    'data:,a',
    'file:///etc/passwd',
    '//evil.example/',
    '//api.example.com/',
    '/orders',
    '\\\\evil.example\\',
    'orders',
    '',
    '\thttps://evil.example/',
    'https://api.example.com\t.evil.example/',
    'https://evil.example\\@api.example.com/',
  ])('refuses %j before anything is sent', async (url) => {
    const { fetch, asked } = own();
    await expect(fetch(url)).rejects.toMatchObject({ name: 'OptionError', code: 'unsafe_url' });
    if (URL.canParse(url) && !url.includes('user')) {
      await expect(fetch(new URL(url))).rejects.toMatchObject({ code: 'unsafe_url' });
    }
    expect(asked).toEqual([]);
  });

  it('refuses what is no URL of this runtime, and says nothing of paths', async () => {
    const { fetch, asked } = own();
    for (const input of [
      undefined,
      null,
      1,
      { url: 'https://api.example.com' },
      { href: 'https://api.example.com' },
    ])
      await expect(fetch(input as unknown as string)).rejects.toMatchObject({ code: 'unsafe_url' });
    await expect(fetch(new Request('https://evil.example/?key=s3cret'))).rejects.toSatisfy(
      (error) => OptionError.isInstance(error) && !error.message.includes('s3cret'),
    );
    expect(asked).toEqual([]);
  });

  it("takes no token for a request that it can't arrive with", async () => {
    const tokenSource = vi.fn(() => TOKEN);
    const { fetch, asked } = own({ tokenSource });
    const url = 'https://api.example.com/';
    const conflict = { name: 'OptionError', code: 'conflicting_options' };
    await expect(fetch(url, { headers: { Authorization: 'Basic a' } })).rejects.toMatchObject(conflict);
    await expect(fetch(url, { headers: [['AUTHORIZATION', '']] })).rejects.toMatchObject(conflict);
    await expect(fetch(new Request(url, { headers: { authorization: 'Bearer a' } }))).rejects.toMatchObject(
      conflict,
    );
    await expect(fetch(url, { mode: 'no-cors' })).rejects.toMatchObject(conflict);
    await expect(fetch(new Request(url, { mode: 'no-cors' }))).rejects.toMatchObject(conflict);
    expect([asked, tokenSource.mock.calls]).toEqual([[], []]);
  });

  it.each([
    ['no origins', { origins: undefined }, 'origins'],
    ['an empty list', { origins: [] }, 'origins'],
    ['a list of holes', { origins: Array(1) }, 'origins[0]'],
    ['a path', { origins: ['https://api.example.com/v1'] }, 'origins[0]'],
    ['http', { origins: 'http://api.example.com' }, 'origins'],
    ['a wildcard', { origins: 'https://*.example.com' }, 'origins'],
    ['user info', { origins: 'https://a@api.example.com' }, 'origins'],
    ['no string', { origins: [1] }, 'origins[0]'],
    ['an unknown option', { origin: 'https://api.example.com' }, 'origin'],
    ['an audience of a function', { tokenSource: () => TOKEN, audience: 'a' }, 'audience'],
  ])('refuses %s when it is created', (_what, options, option) => {
    const all = { origins: 'https://api.example.com', ...options } as unknown as AuthenticatedFetchOptions;
    expect(() => createAuthenticatedFetch(all)).toThrow(
      expect.objectContaining({ name: 'OptionError', option }) as Error,
    );
  });

  it('refuses loopback http unless it is allowed, and other http always', () => {
    expect(() => createAuthenticatedFetch({ origins: 'http://127.0.0.1:1' })).toThrow(/allowLoopbackHttp/);
    expect(() => made('http://127.0.0.1:1')).not.toThrow();
    expect(() => made('http://10.0.0.1:1')).toThrow(/https/);
  });
});
