/** Each form in which `setup gcp` prints its trust, put into the emulated Google Cloud. */

import type { Emulator } from '@credex/testing/emulator';
import type { Load } from './load-aws.js';
import type { JsonObject } from './printed.js';
import { calls, fileOf, terraform, textOf, textsOf } from './printed.js';

export const NUMBER = '742613904155';
export const ACCOUNT_EMAIL = 'shop@acme-prod.iam.gserviceaccount.com';
const POOL = `projects/${NUMBER}/locations/global/workloadIdentityPools/vercel`;
const ROLE = 'roles/iam.workloadIdentityUser';

type Binding = { readonly email: string; readonly role: string; readonly member: string };

/** An allow policy writes `principal:` and `principalSet:` with two slashes after the colon. */
function bind({ gcp }: Emulator, bindings: readonly Binding[]): void {
  if (bindings.some(({ email, role }) => email !== ACCOUNT_EMAIL || role !== ROLE))
    throw new Error('Another account or role.');
  gcp.createServiceAccount({
    email: ACCOUNT_EMAIL,
    bindings: bindings.map(({ role, member }) => ({ role, members: [member] })),
  });
}

const cli: Load = async (emulator, printed) => {
  const bindings: Binding[] = [];
  for (const { words, options } of await calls(printed)) {
    const [, , ...command] = words;
    if (command[0] === 'workload-identity-pools' && command[1] === 'create') {
      emulator.gcp.createPool({ projectNumber: NUMBER, poolId: command[2] ?? '' });
    } else if (command[2] === 'create-oidc') {
      emulator.gcp.createProvider({
        projectNumber: NUMBER,
        poolId: options['workload-identity-pool'] ?? '',
        providerId: command[3] ?? '',
        issuerUri: options['issuer-uri'] ?? '',
        allowedAudiences: (options['allowed-audiences'] ?? '').split(','),
        // As gcloud reads KEY=VALUE,…
        attributeMapping: Object.fromEntries(
          (options['attribute-mapping'] ?? '').split(',').map((pair) => {
            const at = pair.indexOf('=');
            return [pair.slice(0, at), pair.slice(at + 1)];
          }),
        ),
        attributeCondition: options['attribute-condition'],
      });
    } else if (command[1] === 'add-iam-policy-binding') {
      bindings.push({
        email: command[2] ?? '',
        role: options['role'] ?? '',
        member: options['member'] ?? '',
      });
    } else throw new Error(`An unknown command: ${words.join(' ')}`);
  }
  bind(emulator, bindings);
};

const hcl: Load = async (emulator, printed) => {
  const blocks = await terraform(fileOf(printed, 'terraform'));
  for (const [, pool] of blocks('resource', 'google_iam_workload_identity_pool')) {
    emulator.gcp.createPool({ projectNumber: NUMBER, poolId: textOf(pool['workload_identity_pool_id']) });
  }
  for (const [, provider] of blocks('resource', 'google_iam_workload_identity_pool_provider')) {
    const [oidc] = provider['oidc'] as unknown as [JsonObject];
    emulator.gcp.createProvider({
      projectNumber: NUMBER,
      poolId: 'vercel',
      providerId: textOf(provider['workload_identity_pool_provider_id']),
      issuerUri: textOf(oidc['issuer_uri']),
      allowedAudiences: textsOf(oidc['allowed_audiences']),
      attributeMapping: provider['attribute_mapping'] as Readonly<Record<string, string>>,
      attributeCondition: textOf(provider['attribute_condition']),
    });
  }
  bind(
    emulator,
    blocks('resource', 'google_service_account_iam_member').map(([, member]) => ({
      email: textOf(member['service_account_id']).replace('projects/acme-prod/serviceAccounts/', ''),
      role: textOf(member['role']),
      member: textOf(member['member']).replace('${google_iam_workload_identity_pool.vercel.name}', POOL),
    })),
  );
};

export const LOAD_GCP: Readonly<Record<string, Load>> = { cli, terraform: hcl };

/** `taken`: a provider of the pool takes the token, and the service account refuses to be impersonated with it. */
export async function askGcp(
  emulator: Emulator,
  token: string,
  providers: readonly string[],
): Promise<'refused' | 'taken' | 'admitted'> {
  for (const provider of providers) {
    const exchanged = await fetch(`${emulator.url('gcp-sts')}/v1/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        audience: `//iam.googleapis.com/${POOL}/providers/${provider}`,
        scope: 'https://www.googleapis.com/auth/cloud-platform',
        requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        subject_token: token,
        subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      }),
    });
    const { access_token: federated } = (await exchanged.json()) as { access_token?: string };
    if (federated === undefined) continue;
    const path = `v1/projects/-/serviceAccounts/${ACCOUNT_EMAIL}:generateAccessToken`;
    const impersonated = await fetch(`${emulator.url('gcp-iam-credentials')}/${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${federated}`, 'content-type': 'application/json' },
      body: JSON.stringify({ scope: ['https://www.googleapis.com/auth/cloud-platform'], lifetime: '3600s' }),
    });
    return impersonated.ok ? 'admitted' : 'taken';
  }
  return 'refused';
}
