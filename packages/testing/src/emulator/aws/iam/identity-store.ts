import type { Policy } from '@credex/explain/internal';
import type { EmulatorRuntime } from '../../service.js';
import { permanentAccessKeyId, roleId, secretAccessKey, userId } from '../identifiers.js';
import { parsePolicy, type PolicyDocument } from './policy-document.js';

/** `arn:partition:service:region:account:resource`; undefined where it isn't one. */
interface Arn {
  readonly partition: string;
  readonly service: string;
  readonly region: string;
  readonly account: string;
  readonly resource: string;
}

function parseArn(text: string): Arn | undefined {
  const [prefix, partition, service, region, account, ...rest] = text.split(':');
  const resource = rest.join(':');
  if (
    prefix !== 'arn' ||
    !partition ||
    !service ||
    region === undefined ||
    account === undefined ||
    !resource
  ) {
    return undefined;
  }
  return { partition, service, region, account, resource };
}

export interface RoleArn {
  readonly arn: string;
  readonly partition: string;
  readonly account: string;
  /** The last segment: the path is no part of a session's ARN. */
  readonly name: string;
}

/** An IAM role's ARN, with or without a path. */
export function parseRoleArn(text: string): RoleArn | undefined {
  const arn = parseArn(text);
  const resource =
    arn === undefined ? null : /^role\/(?:[\x21-\x7e]*\/)?([\w+=,.@-]{1,64})$/.exec(arn.resource);
  if (arn?.service !== 'iam' || arn.region !== '' || !/^\d{12}$/.test(arn.account) || resource === null) {
    return undefined;
  }
  return { arn: text, partition: arn.partition, account: arn.account, name: resource[1] as string };
}

/** A session's ARN: of service `sts`, and without the role's path. */
export const sessionArn = (role: RoleArn, sessionName: string): string =>
  `arn:${role.partition}:sts::${role.account}:assumed-role/${role.name}/${sessionName}`;

/** A mistake in the set-up of a test, with the code that IAM would answer. */
export class AwsSetupError extends Error {
  override readonly name = 'AwsSetupError';
  readonly code: string;

  constructor(code: string, message: string) {
    super(`${code}: ${message}`);
    this.code = code;
  }
}

export interface ProviderInput {
  readonly accountId: string;
  /** `https://oidc.vercel.com/acme`: the token's `iss`, byte for byte. */
  readonly url: string;
  /** The audiences that are taken. */
  readonly clientIds: readonly string[];
}

export interface OpenIdConnectProvider extends ProviderInput {
  /** The url without its scheme: part of the provider's ARN and of its condition keys. */
  readonly hostPath: string;
}

export interface UserInput {
  readonly arn: string;
  readonly policies?: readonly PolicyDocument[] | undefined;
}

export interface Role {
  readonly arn: RoleArn;
  readonly id: string;
  readonly trustPolicy: Policy;
  readonly policies: readonly Policy[];
  readonly maxSessionDuration: number;
}

export interface User {
  readonly arn: string;
  readonly account: string;
  readonly id: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly policies: readonly Policy[];
}

export interface RoleInput {
  /** `arn:aws:iam::123456789012:role/shop`; a path is allowed. */
  readonly arn: string;
  readonly trustPolicy: PolicyDocument;
  /** Identity policies: what sessions of this role may do. Default: nothing. */
  readonly policies?: readonly PolicyDocument[] | undefined;
  /** Seconds, 3600 to 43200. Default 3600. */
  readonly maxSessionDuration?: number | undefined;
  /** Characters that a trust policy may have, white space not counted: 2,048, or up to 4,096 where AWS raised the quota. Default 2,048. */
  readonly trustPolicyQuota?: number | undefined;
  /**
   * A role from before IAM had identity-provider controls, which it doesn't check again: its trust policy may trust
   * an issuer that many share without a condition on the claim that tells them apart. Default: false.
   */
  readonly predatesIdentityProviderControls?: boolean | undefined;
}

const account = (id: string): string =>
  /^\d{12}$/.test(id) ? id : setupFault('ValidationError', `\`accountId\` must be 12 digits, not '${id}'.`);

function setupFault(code: string, message: string): never {
  throw new AwsSetupError(code, message);
}

/** The AWS managed policies that examples name most often, as AWS publishes them. */
const AWS_MANAGED_POLICIES: Readonly<Record<string, object>> = {
  AdministratorAccess: {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
  },
  AmazonS3FullAccess: {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: ['s3:*', 's3-object-lambda:*'], Resource: '*' }],
  },
  AmazonS3ReadOnlyAccess: {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: ['s3:Get*', 's3:List*', 's3:Describe*', 's3-object-lambda:Get*', 's3-object-lambda:List*'],
        Resource: '*',
      },
    ],
  },
};

/** What IAM keeps: providers, roles, users, managed policies, and the regions where STS is switched off. */
export class IdentityStore {
  readonly #runtime: EmulatorRuntime;
  readonly #providers = new Map<string, OpenIdConnectProvider>();
  readonly #roles = new Map<string, Role>();
  readonly #users = new Map<string, User>();
  readonly #managedPolicies = new Map<string, Policy>();
  readonly #disabledRegions = new Set<string>();

  constructor(runtime: EmulatorRuntime) {
    this.#runtime = runtime;
  }

  createOpenIdConnectProvider(input: ProviderInput): OpenIdConnectProvider {
    if (!/^https:\/\/[^/?#@\s]+(?:\/[^?#\s]*)?$/.test(input.url)) {
      setupFault('ValidationError', '`url` must be https, without query, fragment or user name.');
    }
    if (input.clientIds.length > 100 || input.clientIds.some((id) => id === '' || id.length > 255)) {
      setupFault('ValidationError', '`clientIds` must be at most 100, of 1 to 255 characters.');
    }
    const key = `${account(input.accountId)} ${input.url}`;
    if (this.#providers.has(key)) {
      setupFault('EntityAlreadyExists', `Provider with url ${input.url} already exists.`);
    }
    const hostPath = input.url.slice('https://'.length);
    const provider = { ...input, clientIds: [...input.clientIds], hostPath };
    this.#providers.set(key, provider);
    return provider;
  }

  createRole(input: RoleInput): Role {
    if (this.#roles.has(input.arn)) setupFault('EntityAlreadyExists', `Role ${input.arn} already exists.`);
    const role: Role = {
      arn: parseRoleArn(input.arn) ?? setupFault('ValidationError', `${input.arn} is no role's ARN.`),
      id: roleId(this.#runtime),
      trustPolicy: trustPolicyOf(input),
      policies: identityPolicies(input.policies ?? []),
      maxSessionDuration: sessionLimit(input.maxSessionDuration ?? 3600),
    };
    this.#roles.set(input.arn, role);
    return role;
  }

  /** Changes what is given, and keeps the role's id: sessions live on, under the new policies. */
  updateRole(input: Pick<RoleInput, 'arn'> & Partial<RoleInput>): Role {
    const role = this.#roles.get(input.arn) ?? setupFault('NoSuchEntity', `There is no role ${input.arn}.`);
    const { trustPolicy, policies, maxSessionDuration } = input;
    const changed: Role = {
      ...role,
      maxSessionDuration: sessionLimit(maxSessionDuration ?? role.maxSessionDuration),
      trustPolicy: trustPolicy === undefined ? role.trustPolicy : trustPolicyOf({ ...input, trustPolicy }),
      policies: policies === undefined ? role.policies : identityPolicies(policies),
    };
    this.#roles.set(input.arn, changed);
    return changed;
  }

  /** Its sessions end with it, also where a role of the same name is created again. */
  deleteRole(arn: string): void {
    if (!this.#roles.delete(arn)) setupFault('NoSuchEntity', `There is no role ${arn}.`);
  }

  createUser(input: UserInput): User {
    const arn = parseArn(input.arn);
    if (arn?.service !== 'iam' || !/^\d{12}$/.test(arn.account) || !/^user\/.+$/.test(arn.resource)) {
      return setupFault('ValidationError', `${input.arn} is no user's ARN.`);
    }
    const user: User = {
      arn: input.arn,
      account: arn.account,
      id: userId(this.#runtime),
      accessKeyId: permanentAccessKeyId(this.#runtime),
      secretAccessKey: secretAccessKey(this.#runtime),
      policies: identityPolicies(input.policies ?? []),
    };
    this.#users.set(user.accessKeyId, user);
    return user;
  }

  createManagedPolicy(input: { readonly arn: string; readonly document: PolicyDocument }): void {
    if (!isManagedPolicyArn(input.arn)) setupFault('ValidationError', `ARN ${input.arn} is not valid.`);
    this.#managedPolicies.set(input.arn, parsePolicy(input.document, 'identity'));
  }

  disableStsRegion(input: { readonly accountId: string; readonly region: string }): void {
    if (input.region === 'us-east-1') {
      setupFault('ValidationError', 'STS in us-east-1 cannot be switched off.');
    }
    this.#disabledRegions.add(`${account(input.accountId)} ${input.region}`);
  }

  provider(accountId: string, issuer: string): OpenIdConnectProvider | undefined {
    return this.#providers.get(`${accountId} ${issuer}`);
  }

  role(arn: string): Role | undefined {
    return this.#roles.get(arn);
  }

  userByAccessKey(accessKeyId: string): User | undefined {
    return this.#users.get(accessKeyId);
  }

  /** Undefined: no such policy, which allows nothing. */
  managedPolicy(arn: string): Policy | undefined {
    const own = this.#managedPolicies.get(arn);
    if (own !== undefined) return own;
    const [, name = ''] = /^arn:[\w-]+:iam::aws:policy\/(\w+)$/.exec(arn) ?? [];
    return Object.hasOwn(AWS_MANAGED_POLICIES, name)
      ? parsePolicy(AWS_MANAGED_POLICIES[name], 'identity')
      : undefined;
  }

  isStsDisabled(accountId: string, region: string): boolean {
    return this.#disabledRegions.has(`${accountId} ${region}`);
  }
}

export const isManagedPolicyArn = (arn: string): boolean =>
  /^arn:[\w-]+:iam::(?:aws|\d{12}):policy\/(?:[\x21-\x7e]+\/)?[\w+=,.@-]{1,128}$/.test(arn);

const USUAL_QUOTA = 2048;

function trustPolicyOf({
  trustPolicy,
  trustPolicyQuota = USUAL_QUOTA,
  predatesIdentityProviderControls,
}: Pick<RoleInput, 'trustPolicy' | 'trustPolicyQuota' | 'predatesIdentityProviderControls'>): Policy {
  const policy = parsePolicy(trustPolicy, 'trust', { withoutControls: predatesIdentityProviderControls });
  const text = typeof trustPolicy === 'string' ? trustPolicy : JSON.stringify(trustPolicy);
  if (text.replace(/\s/g, '').length > trustPolicyQuota)
    setupFault('LimitExceeded', `Cannot exceed quota for ACLSizePerRole: ${trustPolicyQuota}`);
  return policy;
}

const identityPolicies = (documents: readonly PolicyDocument[]): readonly Policy[] =>
  documents.map((document) => parsePolicy(document, 'identity'));

const sessionLimit = (seconds: number): number =>
  Number.isInteger(seconds) && seconds >= 3600 && seconds <= 43_200
    ? seconds
    : setupFault('ValidationError', '`maxSessionDuration` must be 3600 to 43200 seconds.');
