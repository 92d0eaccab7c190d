import { afterEach, expect, it, vi } from 'vitest';
import { isProxied } from './failure.js';

afterEach(() => vi.unstubAllEnvs());

const names = ['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy', 'NO_PROXY', 'no_proxy'];
function proxied(url: string, environment: Readonly<Record<string, string>>): boolean {
  for (const name of names) vi.stubEnv(name, environment[name]);
  return isProxied(new URL(url));
}

const STS = 'https://sts.eu-west-1.amazonaws.com/';
const proxy = 'http://proxy.example.com:3128';

it.each(names.filter((name) => !/no_/i.test(name)))('%s names the proxy', (name) => {
  expect(proxied(STS, { [name]: proxy })).toBe(true);
  expect(proxied('https://127.0.0.1:1/', { [name]: proxy })).toBe(false);
  expect(proxied('https://localhost/', { [name]: proxy })).toBe(false);
});

it('there is none where no variable names one', () => {
  expect(proxied(STS, {})).toBe(false);
  expect(proxied(STS, { HTTPS_PROXY: '' })).toBe(false);
});

it.each([
  ['sts.eu-west-1.amazonaws.com', false],
  ['STS.EU-WEST-1.amazonaws.com', false],
  ['.amazonaws.com', false],
  ['*.amazonaws.com', false],
  ['*', false],
  ['login.example.com, sts.eu-west-1.amazonaws.com', false],
  ['login.example.com .amazonaws.com', false],
  ['sts.eu-west-1.amazonaws.com:443', false],
  ['sts.eu-west-1.amazonaws.com:8443', true],
  ['amazonaws.com', true],
  ['.example.com', true],
  [',', true],
])('NO_PROXY=%s', (value, expected) => {
  expect(proxied(STS, { HTTPS_PROXY: proxy, NO_PROXY: value })).toBe(expected);
  expect(proxied(STS, { HTTPS_PROXY: proxy, no_proxy: value, NO_PROXY: '' })).toBe(expected);
});
