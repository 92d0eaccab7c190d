import { readFileSync } from 'node:fs';
import { OptionError } from '@credex/core';
import { describe, expect, it } from 'vitest';
import type { EmulatorSeed } from '../../emulator.js';
import { startEmulator } from '../../emulator.js';

const example = JSON.parse(
  readFileSync(new URL('../../../../cli/emulator-seed.example.json', import.meta.url), 'utf8'),
) as EmulatorSeed;

/** The error of a seed that must not start. */
async function refusal(seed: unknown): Promise<OptionError> {
  const error: unknown = await startEmulator({ seed: seed as EmulatorSeed }).then(
    async (emulator) => {
      await emulator.close();
      return 'started';
    },
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(OptionError);
  return error as OptionError;
}

describe('startEmulator({ seed })', () => {
  it('creates what the document describes, so that a token becomes a session', async () => {
    const emulator = await startEmulator({ seed: example });
    try {
      const token = await emulator.issuer.mint({
        team: 'acme',
        teamId: 'team_acme',
        project: 'shop',
        projectId: 'prj_shop',
        environment: 'production',
      });
      const response = await fetch(emulator.url('aws-sts'), {
        method: 'POST',
        body: new URLSearchParams({
          Action: 'AssumeRoleWithWebIdentity',
          Version: '2011-06-15',
          RoleArn: 'arn:aws:iam::123456789012:role/shop-production',
          RoleSessionName: 'shop',
          WebIdentityToken: token,
        }),
      });
      expect(response.status).toBe(200);
      // Each cloud has what the seed describes, and refuses to create it again.
      expect(() => emulator.gcp.createBucket({ name: 'shop-orders', bindings: [] })).toThrow('already');
      expect(() => emulator.azure.createTenant({ tenantId: '6c1b7f5e-2a4d-4f7e-9a55-3c1d6b3f0a11' })).toThrow(
        'is a tenant already',
      );
      expect(() =>
        emulator.vercel.createProject({ team: 'a', teamId: 't', project: 'p', projectId: 'prj_shop' }),
      ).toThrow('no other project');
    } finally {
      await emulator.close();
    }
  });

  it.each<[string, unknown, string, string[]]>([
    ['a list', [], 'seed', ['it must be an object']],
    ['null', null, 'seed', ['it must be an object']],
    [
      'an unknown section',
      { awz: {} },
      'seed.awz',
      ['`awz` is not known. Known are vercel, aws, gcp, azure'],
    ],
    ['an unknown list', { aws: { role: [] } }, 'seed.aws.role', ['`aws.role` is not known']],
    ['a section that is a list', { gcp: [] }, 'seed.gcp', ['`gcp` must be an object']],
    ['a list that is an object', { gcp: { pools: {} } }, 'seed.gcp.pools', ['`gcp.pools` must be a list']],
    [
      'an input with two mistakes',
      { aws: { buckets: [{ name: 1, accountId: '123456789012' }] } },
      'seed.aws.buckets[0].name',
      ['`aws.buckets[0].name` must be a non-empty string', '`aws.buckets[0].region` is missing'],
    ],
    [
      'an unknown member in the second input',
      {
        gcp: {
          pools: [
            { projectNumber: '1', poolId: 'vercel' },
            { projectNumber: '1', poolId: 'b', x: 1 },
          ],
        },
      },
      'seed.gcp.pools[1].x',
      ['`gcp.pools[1].x` is not known. Known are projectNumber, poolId, disabled'],
    ],
    [
      'a value that is not in its list',
      { azure: { tenants: [{ tenantId: 'a', refreshIn: 'never' }] } },
      'seed.azure.tenants[0].refreshIn',
      ['must be long-lived or always'],
    ],
    [
      'a bucket that AWS refuses',
      { aws: { buckets: [{ name: 'UPPER', accountId: '123456789012', region: 'eu-west-1' }] } },
      'seed.aws.buckets[0]',
      ['`aws.buckets[0]`', 'InvalidBucketName'],
    ],
    ['a prototype', JSON.parse('{"aws":{"__proto__":[]}}'), 'seed.aws.__proto__', ['is not known']],
  ])('throws for %s, and names the path', async (_name, seed, option, words) => {
    const error = await refusal(seed);
    expect(error).toMatchObject({ code: 'invalid_option', option });
    for (const word of words) expect(error.message).toContain(word);
  });

  it('does not read what an object inherits', async () => {
    const { message } = await refusal({ aws: { buckets: [Object.create({ name: 'shop-orders' })] } });
    expect(message).toContain('`aws.buckets[0].name` is missing');
  });

  it('shows at most 50 problems', async () => {
    const { message } = await refusal({ aws: { roles: Array.from({ length: 100 }, () => ({})) } });
    expect(message.split('\n')).toHaveLength(51);
  });
});
