import { describe, expect, it } from 'vitest';
import type { AzureTokenOptions } from './azure-credentials-provider.js';
import { TENANT, failure, setUp } from './azure.fixture.js';

const VAULT = 'https://vault.azure.net/.default';
const STORAGE = 'https://storage.azure.com/.default';

describe('azureRequest', () => {
  it.each<[string, string | string[], AzureTokenOptions, RegExp]>([
    ['two resources', [VAULT, STORAGE], {}, /2 resources/],
    ['no scope', [], {}, /list of strings/],
    ['a scope with a space', `${VAULT} openid`, {}, /\/\.default/],
    ['another tenant', VAULT, { tenantId: 'contoso.com' }, /additionallyAllowedTenants/],
    ['an invalid tenant', VAULT, { tenantId: 'evil.com/#' }, /tenant/],
    ['invalid claims', VAULT, { claims: 'nonsense' }, /JSON text/],
    ['proof of possession', VAULT, { proofOfPossessionOptions: {} }, /bearer/],
  ])('refuses %s as an invalid request, and sends nothing', async (_, scopes, options, words) => {
    const { provider, sent } = setUp();
    const error = await failure(provider.getToken(scopes, options));
    expect(error).toMatchObject({ code: 'invalid_request', provider: 'azure', retryable: false });
    expect(error.message).toMatch(words);
    expect(sent).toHaveLength(0);
  });

  it('validates arguments that only resemble a known request', async () => {
    const { provider, sent } = setUp();
    await provider.getToken([VAULT, VAULT]);
    await provider.getToken(VAULT);
    for (const scopes of [[`${VAULT} ${VAULT}`], [[VAULT]], [VAULT, 7], { length: 1, 0: VAULT }]) {
      expect((await failure(provider.getToken(scopes as string[]))).code).toBe('invalid_request');
    }
    const odd = { tenantId: `${TENANT}\nfalse`, enableCae: false };
    expect((await failure(provider.getToken(VAULT, odd))).code).toBe('invalid_request');
    expect(sent).toHaveLength(1);
  });
});
