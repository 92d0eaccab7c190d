import { describe, expect, it } from 'vitest';
import { EXACT, explained, HOST, provider, ROLE, trust } from './explain.fixture.js';

describe('a message whose empty members JSON leaves out', () => {
  it.each<[string, unknown]>([
    ['only its etag', { etag: 'ACAB' }],
    ['its etag and version', { etag: 'ACAB', version: 1 }],
    ['no bindings but audit settings', { auditConfigs: [{ service: 'allServices' }], etag: 'ACAB' }],
  ])('is an allow policy without bindings: %s', async (_name, policy) => {
    const { verdict, findings } = await explained('gcp', provider(), {
      serviceAccountPolicy: JSON.stringify(policy),
    });
    expect(verdict).toBe('undecided');
    expect(findings.map(({ code }) => code)).toContain('no_binding');
  });

  it('is an AWS identity provider without thumbprints', async () => {
    const bare = { Url: HOST, CreateDate: '2026-01-01T00:00:00Z' };
    const more = { roleArn: ROLE, identityProvider: JSON.stringify(bare) };
    const policy = trust(EXACT);
    expect((await explained('aws', policy, more)).findings.map(({ code }) => code)).toContain(
      'identity_provider_audience',
    );
  });

  it('is not a policy with members of another kind', async () => {
    const serviceAccountPolicy = JSON.stringify({ etag: 'ACAB', Statement: [] });
    await expect(explained('gcp', provider(), { serviceAccountPolicy })).rejects.toMatchObject({
      code: 'policy_of_another_cloud',
    });
    await expect(explained('gcp', provider(), { serviceAccountPolicy: '{}' })).rejects.toMatchObject({
      code: 'policy_not_recognised',
    });
  });
});
