import { expect, test } from 'vitest';
import { getAwsCredentials } from '@credex/aws';
import { getAzureCredentials } from '@credex/azure';
import { getGcpCredentials } from '@credex/gcp';
import { AWS, GCP, PRODUCTION_SUBJECT, principalOf } from './trust.js';
import { useWorld } from './use-world.js';

const world = useWorld();

test('every set of options brings a credential of its cloud', async () => {
  const { aws, gcp, gcpFederated, azure } = world.options;
  await world.inRequest(await world.mint(), async () => {
    expect((await getAwsCredentials(aws)).accountId).toBe(AWS.accountId);
    expect((await getGcpCredentials(gcp)).principal).toBe(GCP.serviceAccountEmail);
    expect((await getGcpCredentials(gcpFederated)).principal).toBe(principalOf(PRODUCTION_SUBJECT));
    expect((await getAzureCredentials(azure)).token).not.toBe('');
  });
});

test('preview is refused everywhere', async () => {
  const preview = await world.mint({ environment: 'preview' });
  await world.inRequest(preview, async () => {
    const { aws, gcp, gcpFederated, azure } = world.options;
    await expect(getAwsCredentials(aws)).rejects.toMatchObject({ code: 'access_denied' });
    await expect(getGcpCredentials(gcp)).rejects.toMatchObject({ name: 'FederationError' });
    await expect(getGcpCredentials(gcpFederated)).rejects.toMatchObject({ name: 'FederationError' });
    await expect(getAzureCredentials(azure)).rejects.toMatchObject({ name: 'FederationError' });
  });
});
