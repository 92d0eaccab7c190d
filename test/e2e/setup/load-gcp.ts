/** Each form in which `setup gcp` prints its trust, put into the emulated Google Cloud. */

import type { Load, Place } from './place.js';
import type { JsonObject } from './printed.js';
import { calls, fileOf, terraform, textOf, textsOf } from './printed.js';

const poolOf = ({ projectNumber }: Place): string =>
  `projects/${projectNumber}/locations/global/workloadIdentityPools/vercel`;
const ROLE = 'roles/iam.workloadIdentityUser';

type Binding = { readonly email: string; readonly role: string; readonly member: string };

/** An allow policy writes `principal:` and `principalSet:` with two slashes after the colon. */
function bind({ emulator: { gcp }, email }: Place, bindings: readonly Binding[]): void {
  if (bindings.some((binding) => binding.email !== email || binding.role !== ROLE))
    throw new Error('Another account or role.');
  gcp.createServiceAccount({
    email,
    bindings: bindings.map(({ role, member }) => ({ role, members: [member] })),
  });
}

const cli: Load = async (place, printed) => {
  const bindings: Binding[] = [];
  for (const { words, options } of await calls(printed)) {
    const [, , ...command] = words;
    if (command[0] === 'workload-identity-pools' && command[1] === 'create') {
      place.emulator.gcp.createPool({ projectNumber: place.projectNumber, poolId: command[2] ?? '' });
    } else if (command[2] === 'create-oidc') {
      place.emulator.gcp.createProvider({
        projectNumber: place.projectNumber,
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
  bind(place, bindings);
};

const hcl: Load = async (place, printed) => {
  const blocks = await terraform(fileOf(printed, 'terraform'));
  for (const [, pool] of blocks('resource', 'google_iam_workload_identity_pool')) {
    place.emulator.gcp.createPool({
      projectNumber: place.projectNumber,
      poolId: textOf(pool['workload_identity_pool_id']),
    });
  }
  for (const [, provider] of blocks('resource', 'google_iam_workload_identity_pool_provider')) {
    const [oidc] = provider['oidc'] as unknown as [JsonObject];
    place.emulator.gcp.createProvider({
      projectNumber: place.projectNumber,
      poolId: 'vercel',
      providerId: textOf(provider['workload_identity_pool_provider_id']),
      issuerUri: textOf(oidc['issuer_uri']),
      allowedAudiences: textsOf(oidc['allowed_audiences']),
      attributeMapping: provider['attribute_mapping'] as Readonly<Record<string, string>>,
      attributeCondition: textOf(provider['attribute_condition']),
    });
  }
  bind(
    place,
    blocks('resource', 'google_service_account_iam_member').map(([, member]) => ({
      email: textOf(member['service_account_id']).replace('projects/acme-prod/serviceAccounts/', ''),
      role: textOf(member['role']),
      member: textOf(member['member']).replace(
        '${google_iam_workload_identity_pool.vercel.name}',
        poolOf(place),
      ),
    })),
  );
};

export const LOAD_GCP: Readonly<Record<string, Load>> = { cli, terraform: hcl };

/** `taken`: a provider of the pool takes the token, and the service account refuses to be impersonated with it. */
export async function askGcp(
  place: Place,
  token: string,
  providers: readonly string[],
): Promise<'refused' | 'taken' | 'admitted'> {
  for (const provider of providers) {
    const exchanged = await fetch(`${place.emulator.url('gcp-sts')}/v1/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        audience: `//iam.googleapis.com/${poolOf(place)}/providers/${provider}`,
        scope: 'https://www.googleapis.com/auth/cloud-platform',
        requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        subject_token: token,
        subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      }),
    });
    const { access_token: federated } = (await exchanged.json()) as { access_token?: string };
    if (federated === undefined) continue;
    const path = `v1/projects/-/serviceAccounts/${place.email}:generateAccessToken`;
    const impersonated = await fetch(`${place.emulator.url('gcp-iam-credentials')}/${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${federated}`, 'content-type': 'application/json' },
      body: JSON.stringify({ scope: ['https://www.googleapis.com/auth/cloud-platform'], lifetime: '3600s' }),
    });
    return impersonated.ok ? 'admitted' : 'taken';
  }
  return 'refused';
}
