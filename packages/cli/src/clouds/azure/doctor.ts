/** `credex doctor` at Azure: the claims of the access token, and commands of the Azure CLI. */

import type { AzureCredentials } from '@credex/azure';
import type { AzureEntry } from '@credex/config';
import type { SubjectClaims } from '@credex/core';
import { Fault } from '../../doctor/fault.js';
import { audienceOf, printable } from '../../doctor/printable.js';
import { jwtPart } from '../../jwt-part.js';
import { shown } from '../../visible.js';
import type { CloudDoctor, UseCall } from '../cloud.js';

export const doctor: CloudDoctor<AzureEntry, AzureCredentials> = {
  describe: () => 'an access token',
  use,
  remedy,
};

/** Only its resource may rely on an access token's content, but Entra's are JWTs that name the application. */
async function use({ entry, credentials }: UseCall<AzureEntry, AzureCredentials>): Promise<string> {
  const claims = jwtPart(credentials.token, 1) ?? {};
  const claim = (name: string): string => {
    const value = claims[name];
    return typeof value === 'string' ? shown(value) : '?';
  };
  // Version 1 tokens name the application in `appid`, version 2 tokens in `azp`.
  const client = claim('appid' in claims ? 'appid' : 'azp');
  if (client === '?') return 'an access token that only its resource can read';
  if (client.toLowerCase() === entry.clientId.toLowerCase())
    return `application ${client}, object ${claim('oid')} of tenant ${claim('tid')}, for ${claim('aud')}`;
  throw new Fault(
    'other_identity',
    `The access token belongs to the application ${client}, not to ${entry.clientId}.`,
  );
}

function remedy({ clientId, tenantId }: AzureEntry, claims: SubjectClaims, code: string): string {
  const id = printable(clientId);
  switch (code) {
    case 'target_not_found':
      return `az ad app show --id ${id} --query '{app: appId, name: displayName}' || az account show --query tenantId # ${tenantId}`;
    // The signature was verified before: an application without any credential refuses every token.
    case 'token_rejected':
    case 'subject_not_allowed': {
      const parameters = {
        name: `vercel-${claims.environment ?? ''}`,
        issuer: claims.iss,
        subject: claims.sub,
        audiences: [audienceOf(claims)],
      };
      return `az ad app federated-credential create --id ${id} --parameters ${printable(JSON.stringify(parameters))}`;
    }
    default:
      return `az ad app federated-credential list --id ${id} > trust.json && npx credex explain azure --policy trust.json`;
  }
}
