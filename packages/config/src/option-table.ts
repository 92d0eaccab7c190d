/**
 * The table of all options: the options of each cloud, their kinds, and where each may be set. The checker, the environment
 * variables and the JSON schema are derived from it.
 */

import type { Grammar } from '@credex/core/driver';
import { SERVICE_ACCOUNT_EMAIL, TENANT } from '@credex/core/driver';

export type ProviderName = 'aws' | 'gcp' | 'azure';

export const PROVIDERS: readonly ProviderName[] = ['aws', 'gcp', 'azure'];

/** Where an option may be set. `code`: the option decides where a token is sent, so data must not set it. */
export type Places = 'code' | 'file' | 'anywhere';

export interface OptionRow {
  readonly kind:
    | 'string'
    | 'integer'
    | 'boolean'
    /** A list of strings; in an environment variable separated by white space. */
    | 'list'
    /** A list of strings, or one string that the cloud's package splits. */
    | 'strings'
    /** A JSON object, or its text. */
    | 'policy'
    /** `*` or a list. */
    | 'tenants'
    /** An object of strings; its members are `members`. */
    | 'object'
    /** An object with `environment`: a name or a list of names. */
    | 'when'
    /** May be set in code only; the cloud's package checks it. */
    | 'given';
  readonly places: Places;
  readonly required?: true;
  /** Refused in CREDEX_CONFIG as well: no variable may set it. */
  readonly notInEnvironment?: true;
  readonly grammar?: Grammar;
  /** The smallest and the largest whole number. */
  readonly range?: readonly [number, number];
  /** The only values that data may set; values from code are checked by the cloud's package. */
  readonly oneOf?: readonly string[];
  /** `oneOf` applies to code as well. */
  readonly isClosed?: true;
  readonly members?: readonly string[];
  /** The description in the schema. */
  readonly about: string;
}

export type OptionTable = Readonly<Record<string, OptionRow>>;

const grammar = (pattern: RegExp, says: string): Grammar => ({ pattern, says });

const PARTITION = 'aws|aws-cn|aws-us-gov|aws-eusc|aws-iso|aws-iso-b|aws-iso-e|aws-iso-f';
const GUID = /^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/;
const POOL_ID = grammar(/^[a-z0-9-]{4,32}$/, '4 to 32 letters a to z, digits and hyphens');
const PROJECT = grammar(
  /^(?:(?:[a-z0-9-]+(?:\.[a-z0-9-]+)+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]|[1-9]\d{0,18})$/,
  "a project's id such as my-project, or its number",
);

/** The name of a deployment's environment: one of Vercel's three, or the slug of a custom one. */
export const ENVIRONMENT: Grammar = grammar(
  /^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/,
  'production, preview, development or the slug of a custom environment',
);

const COMMON: OptionTable = {
  when: {
    kind: 'when',
    places: 'file',
    about: 'The environments this entry is for. The token must be of the same environment.',
  },
  expect: {
    kind: 'object',
    places: 'anywhere',
    members: ['projectId', 'ownerId', 'environment', 'project', 'owner'],
    about: 'The project, team or environment that the token must have. Other tokens are not exchanged.',
  },
  audience: {
    kind: 'string',
    places: 'anywhere',
    about: 'Request a token of this audience from Vercel first.',
  },
  timeoutMs: {
    kind: 'integer',
    places: 'anywhere',
    range: [100, 60_000],
    about: 'The longest time for one exchange with its retries, in milliseconds. Default: 8000.',
  },
  minValidityMs: {
    kind: 'integer',
    places: 'anywhere',
    range: [0, 86_400_000],
    about: 'How long the credential that a call returns must still be valid, in milliseconds. Default: 0.',
  },
  // Setting a variable of a server must not let requests without a token use the server's own credentials.
  local: {
    kind: 'string',
    places: 'file',
    notInEnvironment: true,
    oneOf: ['profile'],
    isClosed: true,
    about: "On a laptop without a Vercel token, use the developer's own AWS profile, gcloud or az login.",
  },
  origins: {
    kind: 'given',
    places: 'code',
    about: "Origins to which authorize() may send this credential, in addition to the cloud's own hosts.",
  },
  allowLoopbackHttp: { kind: 'given', places: 'code', about: 'Allow http on loopback, such as an emulator.' },
};

const AWS: OptionTable = {
  roleArn: {
    kind: 'string',
    places: 'anywhere',
    required: true,
    grammar: grammar(
      new RegExp(`^arn:(${PARTITION}):iam::\\d{12}:role/(?=.{1,576}$)(?:[!-.0-~]+/)*[\\w+=,.@-]{1,64}$`),
      'the ARN of a role, such as arn:aws:iam::123456789012:role/name',
    ),
    about: 'The role to assume.',
  },
  region: {
    kind: 'string',
    places: 'anywhere',
    grammar: grammar(/^[a-z]{2,8}(?:-[a-z]{2,12}){1,2}-\d{1,2}$/, 'an AWS region, such as eu-west-1'),
    about:
      'The region of the token service, and the region that authorize() signs for if the URL names none.',
  },
  roleSessionName: {
    kind: 'string',
    places: 'anywhere',
    grammar: grammar(/^[\w+=,.@-]{2,64}$/, '2 to 64 characters of A-Z, a-z, 0-9 and _+=,.@-'),
    about: 'The session name that CloudTrail shows.',
  },
  durationSeconds: {
    kind: 'integer',
    places: 'anywhere',
    range: [900, 43_200],
    about: 'The length of a session in seconds, limited by the role. Default: 3600.',
  },
  policy: { kind: 'policy', places: 'anywhere', about: 'A session policy: an object, or its JSON text.' },
  policyArns: {
    kind: 'list',
    places: 'anywhere',
    grammar: grammar(
      new RegExp(
        `^arn:(?:${PARTITION}):iam::(?:aws|\\d{12}):policy/(?=.{1,640}$)(?:[!-.0-~]+/)*[\\w+=,.@-]{1,128}$`,
      ),
      'the ARN of a managed policy, such as arn:aws:iam::aws:policy/ReadOnlyAccess',
    ),
    about: 'Managed policies used as session policies, at most 10.',
  },
  useFipsEndpoint: { kind: 'boolean', places: 'anywhere', about: 'Use the FIPS 140 endpoint.' },
  useDualstackEndpoint: { kind: 'boolean', places: 'anywhere', about: 'Use the dual-stack endpoint.' },
  endpoint: { kind: 'given', places: 'code', about: 'The URL of another token service.' },
  allowUnboundResponse: {
    kind: 'given',
    places: 'code',
    about: 'Accept a response of STS about another role than was requested.',
  },
};

const GCP: OptionTable = {
  projectNumber: {
    kind: 'string',
    places: 'anywhere',
    required: true,
    grammar: grammar(/^[1-9]\d{0,18}$/, "the project's number as a string of digits (not its id)"),
    about: 'The number of the project that contains the pool.',
  },
  workloadIdentityPoolId: {
    kind: 'string',
    places: 'anywhere',
    required: true,
    grammar: POOL_ID,
    about: 'The workload identity pool.',
  },
  workloadIdentityPoolProviderId: {
    kind: 'string',
    places: 'anywhere',
    required: true,
    grammar: POOL_ID,
    about: 'The provider in that pool.',
  },
  serviceAccountEmail: {
    kind: 'string',
    places: 'anywhere',
    grammar: SERVICE_ACCOUNT_EMAIL,
    about: 'The service account to impersonate. Default: none.',
  },
  scopes: {
    kind: 'strings',
    places: 'anywhere',
    about: 'OAuth scopes: a list, or a space-separated string. Default: cloud-platform.',
  },
  lifetimeSeconds: {
    kind: 'integer',
    places: 'anywhere',
    range: [600, 43_200],
    about: "The lifetime of the service account's token in seconds. Default: 3600.",
  },
  projectId: { kind: 'string', places: 'anywhere', grammar: PROJECT, about: 'The project that clients use.' },
  quotaProjectId: {
    kind: 'string',
    places: 'anywhere',
    grammar: PROJECT,
    about: 'The project that is billed for API usage.',
  },
  universeDomain: { kind: 'given', places: 'code', about: 'Default: googleapis.com.' },
  stsEndpoint: { kind: 'given', places: 'code', about: 'The URL of another token service.' },
  iamCredentialsEndpoint: { kind: 'given', places: 'code', about: 'The URL of another IAM Credentials API.' },
};

const AZURE: OptionTable = {
  tenantId: {
    kind: 'string',
    places: 'anywhere',
    required: true,
    grammar: TENANT,
    about: 'The tenant (directory): a GUID, or one of its domain names.',
  },
  clientId: {
    kind: 'string',
    places: 'anywhere',
    required: true,
    grammar: grammar(GUID, 'the application (client) id, a GUID'),
    about: 'The application, or the managed identity.',
  },
  scopes: {
    kind: 'strings',
    places: 'anywhere',
    about: 'Scopes of one resource, each ending in /.default. Default: Azure Resource Manager.',
  },
  authorityHost: {
    kind: 'string',
    places: 'anywhere',
    oneOf: [
      'login.microsoftonline.com',
      'login.microsoftonline.us',
      'login.partner.microsoftonline.cn',
    ].flatMap((host) => [`https://${host}`, host]),
    about: "Microsoft's authority of the public, US Government or Chinese cloud. Code may name another.",
  },
  additionallyAllowedTenants: {
    kind: 'tenants',
    places: 'anywhere',
    grammar: TENANT,
    about: 'Other tenants that a call may request a token for.',
  },
};

/** All options except `provider`, which selects the cloud. */
export const OPTIONS: Readonly<Record<ProviderName, OptionTable>> = {
  aws: { ...AWS, ...COMMON },
  gcp: { ...GCP, ...COMMON },
  azure: { ...AZURE, ...COMMON },
};

/** The options that are kept when a variable moves an entry to another cloud. */
export const COMMON_OPTIONS: readonly string[] = Object.keys(COMMON);

export function isProviderName(value: unknown): value is ProviderName {
  return PROVIDERS.some((name) => name === value);
}
