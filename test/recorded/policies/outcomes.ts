/** What an emulated cloud does with a token under a policy: set up, then exchanged by plain HTTP. */

import type {
  ApplicationOptions,
  Emulator,
  FederatedCredential,
  GcpAdmin,
  PolicyDocument,
} from '@credex/testing/emulator';

/** The verdict, and the cloud's own word for a refusal. */
export interface Outcome {
  readonly verdict: 'allowed' | 'refused' | 'invalid';
  readonly answer: string | undefined;
}

const ALLOWED: Outcome = { verdict: 'allowed', answer: undefined };
/** The setup throws: the cloud would not keep this. */
const INVALID: Outcome = { verdict: 'invalid', answer: undefined };
const refused = (answer: string | undefined): Outcome => ({ verdict: 'refused', answer });

const form = (url: string, fields: Readonly<Record<string, string>>): Promise<Response> =>
  fetch(url, { method: 'POST', body: new URLSearchParams(fields) });

function isKept(setUp: () => void): boolean {
  try {
    setUp();
    return true;
  } catch {
    return false;
  }
}

export interface AwsSetup {
  readonly roleArn: string;
  readonly trustPolicy: unknown;
  readonly roleSessionName: string;
  readonly isOlder?: boolean | undefined;
}

export async function awsOutcome({ aws, url }: Emulator, setup: AwsSetup, jwt: string): Promise<Outcome> {
  const { roleArn, roleSessionName, isOlder = false } = setup;
  const trustPolicy = setup.trustPolicy as PolicyDocument;
  if (
    !isKept(() =>
      aws.createRole({
        arn: roleArn,
        trustPolicy,
        predatesIdentityProviderControls: isOlder,
        trustPolicyQuota: isOlder ? 4096 : 2048,
      }),
    )
  )
    return INVALID;
  const answer = await form(url('aws-sts'), {
    Action: 'AssumeRoleWithWebIdentity',
    Version: '2011-06-15',
    RoleArn: roleArn,
    RoleSessionName: roleSessionName,
    WebIdentityToken: jwt,
  });
  return answer.ok ? ALLOWED : refused(/<Code>(\w+)<\/Code>/.exec(await answer.text())?.[1]);
}

export interface GcpSetup {
  readonly projectNumber: string;
  /** As gcloud describes it, the pool's and the provider's id being `vercel`. */
  readonly provider: {
    readonly oidc: { readonly issuerUri: string; readonly allowedAudiences?: string[] };
    readonly attributeMapping: Record<string, string>;
    readonly attributeCondition?: string;
    readonly disabled?: boolean;
  };
  /** Of the service account to become; undefined: none. */
  readonly bindings: Bindings | undefined;
  /** Of the project that the service account is in; left out: nothing is inherited. */
  readonly inherited?: Bindings | undefined;
}

type Bindings = Parameters<GcpAdmin['setServiceAccountBindings']>[1];

/** As `gcloud projects get-ancestors-iam-policy --format=json` prints it: the policies from the project upwards. */
export type AncestorPolicies = readonly {
  readonly type: 'project' | 'folder' | 'organization';
  readonly id: string;
  readonly policy: { readonly etag: string; readonly bindings?: Bindings };
}[];

export const NOTHING_INHERITED: AncestorPolicies = [
  { type: 'project', id: 'acme-prod', policy: { etag: 'ACAB' } },
  { type: 'organization', id: '123456789012', policy: { etag: 'ACAB' } },
];

const CLOUD_PLATFORM = 'https://www.googleapis.com/auth/cloud-platform';

export async function gcpOutcome({ gcp, url }: Emulator, setup: GcpSetup, jwt: string): Promise<Outcome> {
  const { projectNumber, bindings, inherited = [] } = setup;
  const { oidc, ...provider } = setup.provider;
  const pool = { projectNumber, poolId: 'vercel' };
  const email = `shop@p${projectNumber}.iam.gserviceaccount.com`;
  const kept = isKept(() => {
    gcp.createPool(pool);
    gcp.createProvider({ ...pool, ...oidc, ...provider, providerId: 'vercel' });
    gcp.createProject({ projectId: `p${projectNumber}`, bindings: inherited });
    if (bindings !== undefined) gcp.createServiceAccount({ email, bindings });
  });
  if (!kept) return INVALID;
  const federated = await form(`${url('gcp-sts')}/v1/token`, {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    audience: `//iam.googleapis.com/projects/${projectNumber}/locations/global/workloadIdentityPools/vercel/providers/vercel`,
    scope: CLOUD_PLATFORM,
    requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    subject_token: jwt,
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
  });
  const token = (await federated.json()) as { readonly error?: string; readonly access_token?: string };
  if (!federated.ok) return refused(token.error);
  if (bindings === undefined) return ALLOWED;
  const answer = await fetch(
    `${url('gcp-iam-credentials')}/v1/projects/-/serviceAccounts/${email}:generateAccessToken`,
    {
      method: 'POST',
      headers: { authorization: `Bearer ${token.access_token ?? ''}`, 'content-type': 'application/json' },
      body: JSON.stringify({ scope: [CLOUD_PLATFORM] }),
    },
  );
  if (answer.ok) return ALLOWED;
  return refused(((await answer.json()) as { readonly error: { readonly status: string } }).error.status);
}

export interface AzureSetup {
  readonly tenantId: string;
  readonly clientId: string;
  /** As `az` lists them. */
  readonly credentials: readonly (Omit<FederatedCredential, 'audience'> & {
    readonly audiences?: readonly string[];
    readonly type?: string;
  })[];
  readonly isOlder?: boolean | undefined;
}

export async function azureOutcome(
  { azure, url }: Emulator,
  setup: AzureSetup,
  jwt: string,
): Promise<Outcome> {
  const { tenantId, clientId, isOlder } = setup;
  const options: ApplicationOptions = {
    tenantId,
    clientId,
    kind: setup.credentials.some(({ type }) => type?.startsWith('Microsoft.ManagedIdentity/'))
      ? 'managed-identity'
      : 'application',
    predatesCredentialRules: isOlder,
    federatedCredentials: setup.credentials.map(({ audiences: audience = [], ...fields }) => ({
      ...fields,
      audience,
    })),
  };
  if (!isKept(() => azure.createApplication(options))) return INVALID;
  const answer = await form(`${url('entra')}/${tenantId}/oauth2/v2.0/token`, {
    client_id: clientId,
    scope: 'https://storage.azure.com/.default',
    grant_type: 'client_credentials',
    client_assertion: jwt,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  });
  if (answer.ok) return ALLOWED;
  const { error_codes: codes } = (await answer.json()) as { readonly error_codes: readonly number[] };
  return refused(`AADSTS${String(codes[0])}`);
}
