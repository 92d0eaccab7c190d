import { expect, test } from 'vitest';
import { getAwsCredentials } from '@credex/aws';
import { getAzureCredentials } from '@credex/azure';
import { getGcpCredentials } from '@credex/gcp';
import { AWS, GCP, PRODUCTION_SUBJECT, principalOf } from './trust.js';
import { useFixture } from './use-fixture.js';

const fixture = useFixture();

test('every set of options brings a credential of its cloud', async () => {
  const { aws, gcp, gcpFederated, azure } = fixture.options;
  await fixture.inRequest(await fixture.mint(), async () => {
    expect((await getAwsCredentials(aws)).accountId).toBe(AWS.accountId);
    expect((await getGcpCredentials(gcp)).principal).toBe(GCP.serviceAccountEmail);
    expect((await getGcpCredentials(gcpFederated)).principal).toBe(principalOf(PRODUCTION_SUBJECT));
    expect((await getAzureCredentials(azure)).token).not.toBe('');
  });
});

test('preview is refused everywhere', async () => {
  const preview = await fixture.mint({ environment: 'preview' });
  await fixture.inRequest(preview, async () => {
    const { aws, gcp, gcpFederated, azure } = fixture.options;
    await expect(getAwsCredentials(aws)).rejects.toMatchObject({ code: 'access_denied' });
    await expect(getGcpCredentials(gcp)).rejects.toMatchObject({ name: 'FederationError' });
    await expect(getGcpCredentials(gcpFederated)).rejects.toMatchObject({ name: 'FederationError' });
    await expect(getAzureCredentials(azure)).rejects.toMatchObject({ name: 'FederationError' });
  });
});
