/** `credex doctor` at Google Cloud: a request to Cloud Storage, and commands of gcloud. */

import type { GcpEntry } from '@credex/config';
import type { SubjectClaims } from '@credex/core';
import type { GcpCredentials } from '@credex/gcp';
import { useRefused } from '../../doctor/fault.js';
import { audienceOf, printable } from '../../doctor/printable.js';
import { reach } from '../../doctor/reach.js';
import { shown } from '../../visible.js';
import type { CloudDoctor, UseCall } from '../cloud.js';
import { delegatesOf } from './print-config.js';

export const doctor: CloudDoctor<GcpEntry, GcpCredentials> = {
  firstResponse: {
    access_token: 'doctor',
    issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    token_type: 'Bearer',
    expires_in: 3600,
  },
  describe: ({ principal }) => `an access token of ${shown(principal)}`,
  use,
  remedy,
};

/** This bucket does not exist. The service authenticates the caller before it says so: 401 means an invalid token. */
async function use({ io, entry, credentials, signal }: UseCall<GcpEntry, GcpCredentials>): Promise<string> {
  const universe = entry.universeDomain ?? 'googleapis.com';
  const url = new URL(`https://storage.${universe}/storage/v1/b/credex-doctor-${entry.projectNumber}`);
  const headers = { authorization: `Bearer ${credentials.accessToken}` };
  const { status } = await reach(io, url, signal, { headers });
  if (status === 401 || status >= 500) throw useRefused(status, url);
  return shown(credentials.principal);
}

function remedy(entry: GcpEntry, claims: SubjectClaims, code: string): string {
  const { projectNumber, workloadIdentityPoolId: pool, serviceAccountEmail: email } = entry;
  const provider = printable(entry.workloadIdentityPoolProviderId);
  const of = `--workload-identity-pool=${printable(pool)} --location=global --project=${printable(projectNumber)}`;
  const providers = 'gcloud iam workload-identity-pools providers';
  switch (code) {
    case 'target_not_found':
      return `${providers} list ${of}`;
    case 'audience_mismatch':
      return `${providers} update-oidc ${provider} ${of} --allowed-audiences=${printable(audienceOf(claims))}`;
    case 'issuer_mismatch':
      return `${providers} update-oidc ${provider} ${of} --issuer-uri=${printable(claims.iss ?? '')}`;
    case 'access_denied': {
      const member = `principal://iam.googleapis.com/projects/${projectNumber}/locations/global/workloadIdentityPools/${pool}/subject/${claims.sub ?? ''}`;
      if (email !== undefined) return bindings(entry, email, member);
      break;
    }
  }
  return `${providers} describe ${provider} ${of} --format=json > provider.json && npx credex explain gcp --policy provider.json`;
}

/** With a delegation chain, the binding of each link: Google does not say which one is missing. */
function bindings(entry: GcpEntry, email: string, principal: string): string {
  const delegates = delegatesOf(entry);
  const role =
    delegates.length === 0 ? 'roles/iam.workloadIdentityUser' : 'roles/iam.serviceAccountTokenCreator';
  const members = [principal, ...delegates.map((delegate) => `serviceAccount:${delegate}`)];
  return [...delegates, email]
    .map(
      (target, index) =>
        `gcloud iam service-accounts add-iam-policy-binding ${printable(target)} --role=${role} --member=${printable(members[index] ?? '')}`,
    )
    .join(' && ');
}
