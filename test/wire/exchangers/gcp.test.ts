import type { GcpCredentialsProviderOptions, GcpExchangerFactory, GcpRequest } from '@credex/gcp';
import { gcpCredentialsProvider } from '@credex/gcp';
import { googleAuthLibraryExchanger } from '@credex/gcp/google-auth-library';
import { exchangerConformance } from '@credex/testing/conformance';
import { describe, it } from 'vitest';
import { directGcp } from '../../support/direct.js';
import { useFixture } from '../../support/use-fixture.js';
import type { Cloud } from './emulated-harness.js';
import { emulated, exchangerOf } from './emulated-harness.js';

const fixture = useFixture();

const STS: Cloud = {
  service: 'gcp-sts',
  field: 'access_token',
  otherIdentity: { environment: 'preview' },
  said: (error_description, how) => ({
    status: how === 'refuse' ? 400 : 503,
    body: JSON.stringify({ error: how === 'refuse' ? 'invalid_target' : 'unavailable', error_description }),
  }),
};

const IAM: Cloud = {
  service: 'gcp-iam-credentials',
  before: 'gcp-sts',
  field: 'accessToken',
  // The pool takes every project of the team; the service account doesn't.
  otherIdentity: { project: 'warehouse', projectId: 'prj_warehouse' },
  said(message, how) {
    const [code, status] = how === 'refuse' ? [403, 'PERMISSION_DENIED'] : [503, 'UNAVAILABLE'];
    return { status: code as number, body: JSON.stringify({ error: { code, message, status } }) };
  },
};

const usual: GcpRequest = { scopes: ['https://www.googleapis.com/auth/cloud-platform'] };

/** `options`: the fixture's for one of the two, with what differs. */
const askedOf =
  (factory: GcpExchangerFactory) =>
  (options: GcpCredentialsProviderOptions, request = usual) => ({
    exchanger: exchangerOf(factory, (exchanger) => gcpCredentialsProvider({ ...options, exchanger })),
    request,
  });

const harness = (cloud: Cloud, which: 'gcp' | 'gcpFederated', factory: GcpExchangerFactory) => () => {
  const asked = askedOf(factory);
  const options = fixture.options[which];
  const serviceAccountEmail = 'another@acme-prod.iam.gserviceaccount.com';
  return emulated(fixture, cloud, {
    ...asked(options),
    equal: asked({ ...options, quotaProjectId: 'billing-project' }, { scopes: usual.scopes[0] as string }),
    different: {
      scopes: asked(options, { scopes: 'https://www.googleapis.com/auth/bigquery' }),
      'the service account': asked({ ...options, serviceAccountEmail }),
      'its delegates': asked({ ...options, serviceAccountEmail, delegates: [serviceAccountEmail] }),
      'its lifetime': asked({ ...options, serviceAccountEmail, lifetimeSeconds: 600 }),
      'the pool': asked({ ...options, workloadIdentityPoolId: 'another' }),
      'its provider': asked({ ...options, workloadIdentityPoolProviderId: 'another' }),
      'its project': asked({ ...options, projectNumber: '1' }),
      'the endpoint': asked({ ...options, stsEndpoint: 'https://sts.internal.example' }),
    },
  });
};

const runner = { describe, it };
const WAYS: readonly (readonly [by: string, factory: GcpExchangerFactory])[] = [
  ['google-auth-library', googleAuthLibraryExchanger()],
  ['requests of our own', directGcp],
];
for (const [by, factory] of WAYS) {
  const named = (what: string) => ({ name: `Google Cloud by ${by}, ${what}` });
  exchangerConformance(runner, harness(STS, 'gcpFederated', factory), named('the federated token'));
  exchangerConformance(runner, harness(IAM, 'gcp', factory), named('a service account'));
}
