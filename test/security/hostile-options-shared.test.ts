/** The options that all clouds share, and those of the token's source. */

import { OptionError } from '@credex/core';
import { requestTokenSource, vercelTokenSource } from '@credex/vercel';
import { expect, test } from 'vitest';
import type { Case } from './hostile-options.js';
import {
  PROVIDERS,
  JWT,
  NO_ENDPOINTS,
  NO_LOOPBACK,
  each,
  testOptions,
  watchNetwork,
} from './hostile-options.js';

const network = watchNetwork();

const EXPECT: readonly (readonly [unknown, string])[] = [
  [{}, 'expect'],
  ['prj_shop', 'expect'],
  [null, 'expect'],
  [{ projectID: 'prj_shop' }, 'expect.projectID'],
  [{ projectId: 42 }, 'expect.projectId'],
  [{ environment: '' }, 'expect.environment'],
  [{ environment: ['production'] }, 'expect.environment'],
];

const SHARED: readonly Case[] = [
  ...each('tokenSource', 'invalid_option', [JWT, {}, { capture: 'now' }, 42, null]),
  ...each('audience', 'invalid_option', ['', 42, ['https://a.example'], {}]),
  ...EXPECT.map(([value, option]): Case => [
    `expect ${JSON.stringify(value)}`,
    { options: { expect: value }, option, code: 'invalid_option' },
  ]),
  ...each('timeoutMs', 'invalid_option', [99, 60_001, 0, -1, 250.5, Number.NaN, Infinity, '8000', null]),
  ...each('minValidityMs', 'invalid_option', [-1, 86_400_001, 0.5, Number.NaN, '5', null]),
  ...each('cache', 'invalid_option', [
    {},
    'memory',
    42,
    new Map(),
    { contract: 'credex.cache.v2', state: {} },
  ]),
  ...each('fetch', 'invalid_option', ['fetch', {}, 42]),
  ...each('random', 'invalid_option', [0.5, 'dice']),
  ...each('clock', 'invalid_option', [{}, Date, 42, { now: Date.now }, { now: 1, monotonic: 2 }]),
  ...each('onEvent', 'invalid_option', ['log', {}]),
  ...each('invocation', 'invalid_option', ['log', {}]),
  ...each('toString', 'invalid_option', ['x']),
];

for (const tested of Object.values(PROVIDERS)) testOptions(tested, SHARED, network);

test.each(Object.values(PROVIDERS))('$name: what is no object at all', async (tested) => {
  for (const options of [null, 'options', 42]) {
    await expect(tested.get(options as never)).rejects.toBeInstanceOf(TypeError);
    expect(() => tested.factory(options as never)).toThrow(TypeError);
  }
  expect(network()).toEqual([]);
});

const refusedOptions: readonly (readonly [string, object])[] = [
  ...NO_ENDPOINTS.filter((url) => !url.endsWith('/path')).map(
    (url) => ['tokenEndpoint', { tokenEndpoint: url }] as const,
  ),
  ...NO_LOOPBACK.map((url) => ['tokenEndpoint', { tokenEndpoint: url, allowLoopbackHttp: true }] as const),
  ['tokenEndpoint', { tokenEndpoint: '' }],
  ['tokenEndpoint', { tokenEndpoint: 42 }],
  ['allowLoopbackHttp', { allowLoopbackHttp: 'true' }],
  ['expect', { expect: {} }],
  ['fetch', { fetch: 'fetch' }],
  ['clock', { clock: {} }],
  ['endpoint', { endpoint: 'https://oidc.vercel.com' }],
];

test.each(refusedOptions)('vercelTokenSource and requestTokenSource refuse %s: %o', (option, options) => {
  for (const make of [vercelTokenSource, (given: object) => requestTokenSource({ headers: {} }, given)]) {
    const thrown = (() => {
      try {
        return make(options);
      } catch (error) {
        return error;
      }
    })();
    if (!OptionError.isInstance(thrown)) throw new Error('Nothing was refused.', { cause: thrown });
    expect(thrown.option).toBe(option);
    expect(thrown.message).toContain(option);
    expect(thrown.message).not.toContain(JWT.slice(-40));
  }
  expect(network()).toEqual([]);
});

test.each([null, 42, JWT, {}, { headers: 'none' }, { headers: null }])(
  'requestTokenSource refuses %o',
  (request) => {
    expect(() => requestTokenSource(request as never)).toThrow(OptionError);
  },
);
