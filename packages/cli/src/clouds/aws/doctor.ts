/** `credex doctor` at AWS: GetCallerIdentity, and commands of the AWS CLI. */

import type { AwsCredentials } from '@credex/aws';
import type { AwsEntry } from '@credex/config';
import type { SubjectClaims } from '@credex/core';
import { Fault, useRefused } from '../../doctor/fault.js';
import { reach } from '../../doctor/reach.js';
import { audienceOf, printable } from '../../doctor/printable.js';
import { shown } from '../../visible.js';
import type { CloudDoctor, UseCall } from '../cloud.js';

const CALLER_IDENTITY = {
  method: 'POST',
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
  body: 'Action=GetCallerIdentity&Version=2011-06-15',
};

export const doctor: CloudDoctor<AwsEntry, AwsCredentials> = {
  describe: ({ accountId }) => `a session of account ${shown(accountId)}`,
  use,
  remedy,
};

/** AWS responds to GetCallerIdentity whatever the policies say. */
async function use(call: UseCall<AwsEntry, AwsCredentials>): Promise<string> {
  const { io, entry, credentials, endpoints, signal } = call;
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  const url = new URL('/', endpoints[0]);
  const { AwsV4Signer } = await import('aws4fetch');
  const signer = new AwsV4Signer({
    ...CALLER_IDENTITY,
    url: url.href,
    accessKeyId,
    secretAccessKey,
    sessionToken,
    service: 'sts',
    region: regionIn(url) ?? entry.region ?? 'us-east-1',
    datetime: new Date(io.clock.now()).toISOString().replaceAll(/[:-]|\.\d{3}/g, ''),
  });
  const headers = Object.fromEntries((await signer.sign()).headers as Headers);
  const { status, body } = await reach(io, url, signal, { ...CALLER_IDENTITY, headers });
  const arn = /<Arn>([^<]+)<\/Arn>/.exec(body)?.[1];
  if (status !== 200 || arn === undefined) throw useRefused(status, url);
  // The session of a chain belongs to its last role.
  const roleArn = entry.assumeRole?.at(-1)?.roleArn ?? entry.roleArn;
  const [, , , , account] = roleArn.split(':');
  const role = roleArn.split('/').at(-1) ?? '';
  // The profile of a developer's machine has another role on purpose.
  const isExpected = arn.includes(`:${account}:assumed-role/${role}/`) || entry.local !== undefined;
  if (isExpected) return shown(arn);
  throw new Fault('other_identity', `The session belongs to ${shown(arn)}, not to ${roleArn}.`);
}

/** `eu-west-1` of `sts.eu-west-1.amazonaws.com`. The global endpoint, and endpoints with other names, have none. */
const regionIn = ({ hostname }: URL): string | undefined =>
  /^sts(?:-fips)?\.([a-z]+(?:-[a-z]+)+-\d+)\./.exec(hostname)?.[1];

function remedy(entry: AwsEntry, claims: SubjectClaims, code: string, name: string): string {
  const { roleArn, region } = entry;
  const [, partition = 'aws', , , account = ''] = roleArn.split(':');
  const role = printable(roleArn.split('/').at(-1) ?? '');
  const issuerHost = (claims.iss ?? '').replace(/^https:\/\//, '');
  const provider = printable(`arn:${partition}:iam::${account}:oidc-provider/${issuerHost}`);
  const client = printable(audienceOf(claims));
  const addAudience = `aws iam add-client-id-to-open-id-connect-provider --open-id-connect-provider-arn ${provider} --client-id ${client}`;
  const createProvider = `aws iam create-open-id-connect-provider --url ${printable(claims.iss ?? '')} --client-id-list ${client}`;
  switch (code) {
    case 'audience_mismatch':
      return addAudience;
    case 'issuer_mismatch':
      return createProvider;
    case 'token_rejected':
      // The signature was verified before, and AWS does not say which of the two is missing. The first fails without a provider.
      return `${addAudience} || ${createProvider}`;
    case 'region_disabled':
      return `aws account enable-region --region-name ${printable(region ?? 'REGION')}`;
    case 'invalid_request':
      return `aws iam get-role --role-name ${role} --query Role.MaxSessionDuration`;
    default:
      return entry.assumeRole === undefined
        ? `aws iam get-role --role-name ${role} > role.json && npx credex explain aws --policy role.json`
        : explainChain(entry.assumeRole, role, name);
  }
}

/** Any role of a chain may be the one that refuses. A role of another account needs `--profile`. */
function explainChain(hops: NonNullable<AwsEntry['assumeRole']>, role: string, name: string): string {
  const files = hops.map(({ roleArn }, index) => ({
    role: printable(roleArn.split('/').at(-1) ?? ''),
    file: `role-${index + 1}.json`,
  }));
  return [
    `aws iam get-role --role-name ${role} > role.json`,
    ...files.map((hop) => `aws iam get-role --role-name ${hop.role} > ${hop.file}`),
    `npx credex doctor ${printable(name)} --policy role.json ${files.map(({ file }) => `--hop-policy ${file}`).join(' ')}`,
  ].join(' && ');
}
