/** Each form in which `setup aws` prints its trust, put into an account of the emulator. */

import type { Emulator } from '@credex/testing/emulator';
import type { Load, Place } from './place.js';
import type { Call, Json, JsonObject } from './printed.js';
import { calls, fileOf, terraform, textOf, textsOf } from './printed.js';

type Policy = Parameters<Emulator['aws']['createRole']>[0]['trustPolicy'];

function put(
  { emulator: { aws }, account }: Place,
  providers: readonly { readonly url: string; readonly clientIds: readonly string[] }[],
  role: string,
  trustPolicy: Json | undefined,
): void {
  for (const provider of providers) aws.createOpenIdConnectProvider({ accountId: account, ...provider });
  aws.createRole({
    arn: `arn:aws:iam::${account}:role/${role}`,
    trustPolicy: trustPolicy as unknown as Policy,
  });
}

const policy: Load = async (place, printed) => {
  const document = JSON.parse(fileOf(printed, 'policy')) as { Statement: JsonObject[] };
  // The policy alone makes no provider: an administrator enters issuer and audience by hand.
  const providers = document.Statement.map((statement) => {
    const arn = textOf((statement['Principal'] as JsonObject)['Federated']);
    const host = arn.slice(arn.indexOf('oidc-provider/') + 'oidc-provider/'.length);
    const equals = (statement['Condition'] as JsonObject)['StringEquals'] as JsonObject;
    return { url: `https://${host}`, clientIds: textsOf(equals[`${host}:aud`]) };
  });
  put(place, providers, 'vercel-shop', document as unknown as Json);
};

const cli: Load = async (place, printed) => {
  const made = await calls(printed);
  const of = (command: string): Call[] =>
    made.filter(({ words }) => words.join(' ') === `aws iam ${command}`);
  const [role] = of('create-role');
  put(
    place,
    of('create-open-id-connect-provider').map(({ options }) => ({
      url: options['url'] ?? '',
      clientIds: [options['client-id-list'] ?? ''],
    })),
    role?.options['role-name'] ?? '',
    JSON.parse(role?.options['assume-role-policy-document'] ?? '') as Json,
  );
};

const cloudformation: Load = async (place, printed) => {
  const { Resources } = JSON.parse(fileOf(printed, 'cloudformation')) as {
    Resources: Record<string, { Type: string; Properties: JsonObject }>;
  };
  const of = (type: string): JsonObject[] =>
    Object.values(Resources)
      .filter(({ Type }) => Type === type)
      .map(({ Properties }) => Properties);
  const [role] = of('AWS::IAM::Role');
  put(
    place,
    of('AWS::IAM::OIDCProvider').map(({ Url, ClientIdList }) => ({
      url: textOf(Url),
      clientIds: textsOf(ClientIdList),
    })),
    textOf(role?.['RoleName']),
    role?.['AssumeRolePolicyDocument'],
  );
};

/** What the provider of Terraform makes of `aws_iam_policy_document`. */
const hcl: Load = async (place, printed) => {
  const blocks = await terraform(fileOf(printed, 'terraform'));
  const issuers = new Map(blocks('resource', 'aws_iam_openid_connect_provider'));
  const arnOf = (reference: string): string => {
    const name = /^\$\{aws_iam_openid_connect_provider\.(\w+)\.arn\}$/.exec(reference)?.[1] ?? '';
    return `arn:aws:iam::${place.account}:oidc-provider/${textOf(issuers.get(name)?.['url']).slice('https://'.length)}`;
  };
  const [[, document] = ['', {} as JsonObject]] = blocks('data', 'aws_iam_policy_document');
  const statements = (document['statement'] as unknown as JsonObject[]).map((statement) => {
    const [principals] = statement['principals'] as unknown as [JsonObject];
    const conditions = statement['condition'] as unknown as JsonObject[];
    return {
      Effect: textOf(statement['effect']),
      Action: textsOf(statement['actions']),
      Principal: { [textOf(principals['type'])]: textsOf(principals['identifiers']).map(arnOf) },
      Condition: {
        StringEquals: Object.fromEntries(
          conditions
            .filter(({ test }) => test === 'StringEquals')
            .map(({ variable, values }) => [textOf(variable), textsOf(values)]),
        ),
      },
    };
  });
  const [[, role] = ['', {} as JsonObject]] = blocks('resource', 'aws_iam_role');
  put(
    place,
    [...issuers.values()].map((issuer) => ({
      url: textOf(issuer['url']),
      clientIds: textsOf(issuer['client_id_list']),
    })),
    textOf(role['name']),
    { Version: '2012-10-17', Statement: statements },
  );
};

export const LOAD_AWS: Readonly<Record<string, Load>> = { policy, cli, cloudformation, terraform: hcl };

/** Whether the token gets credentials of the role. */
export async function entersAws({ emulator, account }: Place, token: string): Promise<boolean> {
  const response = await fetch(emulator.url('aws-sts'), {
    method: 'POST',
    body: new URLSearchParams({
      Action: 'AssumeRoleWithWebIdentity',
      Version: '2011-06-15',
      RoleArn: `arn:aws:iam::${account}:role/vercel-shop`,
      RoleSessionName: 'shop',
      WebIdentityToken: token,
    }),
  });
  return (await response.text()).includes('<AccessKeyId>') && response.ok;
}
