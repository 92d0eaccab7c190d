/** Recognises the cloud of a policy by its members, because people mix up the files of three clouds. */

import type { Cloud } from './findings.js';
import { PolicyFileError } from './policy-file-error.js';
import type { PolicyInput } from './policy-file-error.js';
import { isTemplate } from './azure/credentials.js';
import { isObject, member } from './json.js';
import type { JsonObject } from './json.js';

type Kind = Cloud | 'aws-identity-provider' | 'gcp-allow-policy';

const NAMES: Readonly<Record<Kind, string>> = {
  aws: 'the trust policy of an AWS role',
  gcp: 'a provider of a Google Cloud workload identity pool',
  azure: 'a list of Azure federated credentials',
  'aws-identity-provider': 'an AWS identity provider',
  'gcp-allow-policy': 'an allow policy of Google Cloud',
};

const COMMANDS: Readonly<Record<Kind, string>> = {
  aws: 'aws iam get-role --role-name ROLE',
  gcp: 'gcloud iam workload-identity-pools providers describe PROVIDER --workload-identity-pool=POOL --location=global --format=json',
  azure: 'az ad app federated-credential list --id APP',
  'aws-identity-provider': 'aws iam get-open-id-connect-provider --open-id-connect-provider-arn ARN',
  'gcp-allow-policy': 'gcloud iam service-accounts get-iam-policy EMAIL --format=json',
};

const PROJECT_COMMAND = 'gcloud projects get-ancestors-iam-policy PROJECT --format=json';

function kindOf(value: unknown): Kind | undefined {
  if (Array.isArray(value)) return listKind(value);
  if (!isObject(value)) return undefined;
  const has = (...names: string[]): boolean => names.some((name) => Object.hasOwn(value, name));
  if (has('Statement', 'Role', 'AssumeRolePolicyDocument')) return 'aws';
  if (has('ClientIDList', 'ThumbprintList') || (has('Url') && has('CreateDate', 'Tags')))
    return 'aws-identity-provider';
  if (has('attributeMapping', 'attributeCondition', 'oidc', 'saml', 'x509')) return 'gcp';
  if (/\/workloadIdentityPools\/[^/]+\/providers\//.test(String(member(value, 'name')))) return 'gcp';
  if (isAllowPolicy(value)) return 'gcp-allow-policy';
  if (isCredential(value) || isTemplate(value)) return 'azure';
  const list = member(value, 'value');
  return Array.isArray(list) ? listKind(list) : undefined;
}

/** google.iam.v1.Policy. JSON leaves out empty members: `{"etag":"ACAB"}` is a policy without bindings. */
const ALLOW_POLICY: ReadonlySet<string> = new Set(['bindings', 'etag', 'version', 'auditConfigs']);

function isAllowPolicy(value: JsonObject): boolean {
  const names = Object.keys(value);
  return names.length > 0 && names.every((name) => ALLOW_POLICY.has(name));
}

/** As the az commands print it, or as Azure Resource Manager does, with `properties`. */
function isCredential(value: JsonObject): boolean {
  const properties = member(value, 'properties');
  const fields = isObject(properties) ? properties : value;
  return (
    ['issuer', 'subject', 'claimsMatchingExpression'].filter((name) => Object.hasOwn(fields, name)).length > 1
  );
}

/** An empty list is Azure's: an application without credentials. */
function listKind([first, ...rest]: readonly unknown[]): Kind | undefined {
  if (first === undefined && rest.length === 0) return 'azure';
  return isObject(first) ? kindOf(first) : undefined;
}

/** What `gcloud projects get-ancestors-iam-policy` prints: policies, and the resources that they are of. */
export const isAncestorList = (value: unknown): boolean =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.every(
    (one) => isObject(one) && typeof member(one, 'type') === 'string' && isObject(member(one, 'policy')),
  );

/** @throws PolicyFileError if the value is not of that kind; the hint says which kind it looks like */
export function assertKind(value: unknown, wanted: Kind, input: PolicyInput): void {
  const kind = kindOf(value);
  if (kind === wanted) return;
  const command = input === 'projectPolicies' ? PROJECT_COMMAND : COMMANDS[wanted];
  const expected = `Expected is the output of \`${command}\`.`;
  if (kind === undefined)
    throw new PolicyFileError('policy_not_recognised', input, `\`${input}\` is not ${NAMES[wanted]}.`, {
      hint: `${isAncestorList(value) ? 'Pass it as `projectPolicies`. ' : ''}${expected}`,
    });
  throw new PolicyFileError(
    'policy_of_another_cloud',
    input,
    `\`${input}\` looks like ${NAMES[kind]}, not like ${NAMES[wanted]}.`,
    { hint: `${hintFor(kind)} ${expected}` },
  );
}

function hintFor(kind: Kind): string {
  if (kind === 'gcp-allow-policy') return 'Pass it as `serviceAccountPolicy`.';
  if (kind === 'aws-identity-provider') return 'Pass it as `identityProvider`.';
  return `Try \`cloud: '${kind}'\`.`;
}

/** The single item of a list; any other value is returned as it is. */
export function onlyOne(value: unknown, wanted: Kind, input: PolicyInput): unknown {
  if (!Array.isArray(value)) return value;
  if (value.length === 1) return value[0];
  throw new PolicyFileError(
    'policy_of_several',
    input,
    `\`${input}\` lists ${value.length} policies; exactly one is expected.`,
    { hint: `Expected is the output of \`${COMMANDS[wanted]}\`.` },
  );
}
