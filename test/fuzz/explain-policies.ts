/** Policies by chance, of the pieces that people write them from: right ones, wrong ones, and odd ones. */

import { AUDIENCE, GLOBAL_ISSUER, ISSUER, PREVIEW, PRODUCTION } from '../recorded/policies/policy-case.js';
import type { AzureSetup, GcpSetup } from '../recorded/policies/outcomes.js';

export interface Dice {
  /** One of these; the first twice as often as each of the others. */
  one<T>(...choices: readonly [T, ...T[]]): T;
  many<T>(atLeast: number, atMost: number, make: (index: number) => T): T[];
}

export function diceOf(random: () => number): Dice {
  return {
    one: (...choices) =>
      choices[Math.max(0, Math.floor(random() * (choices.length + 1)) - 1)] as (typeof choices)[0],
    many: (atLeast, atMost, make) =>
      Array.from({ length: atLeast + Math.floor(random() * (atMost - atLeast + 1)) }, (_, index) =>
        make(index),
      ),
  };
}

const TEAM = 'oidc.vercel.com/acme';
const SUBJECTS = [
  PRODUCTION,
  PREVIEW,
  PRODUCTION.toUpperCase(),
  'owner:acme:project:shop:environment:*',
  'owner:*:production',
  '*',
  'owner:acme:project:sh?p:environment:production',
  'owner:acme:projectshop:environment:production',
  '',
] as const;
const AUDIENCES = [AUDIENCE, `${AUDIENCE}/`, 'https://vercel.com/*', 'sts.amazonaws.com'] as const;

export function trustPolicy(dice: Dice, accountId: string): object {
  const provider = (host: string, partition = 'aws', account = accountId): object => ({
    Federated: `arn:${partition}:iam::${account}:oidc-provider/${host}`,
  });
  const statement = (): object => ({
    Effect: dice.one('Allow', 'Allow', 'Allow', 'Deny'),
    Principal: dice.one<unknown>(
      provider(TEAM),
      provider(TEAM),
      provider(TEAM),
      '*',
      { AWS: '*' },
      { AWS: accountId },
      provider('oidc.vercel.com'),
      provider(TEAM, 'aws-cn'),
      provider(TEAM, 'aws', '999999999999'),
      { ...provider(TEAM), Service: 'lambda.amazonaws.com' },
    ),
    ...dice.one<object>(
      { Action: 'sts:AssumeRoleWithWebIdentity' },
      { Action: 'sts:AssumeRoleWithWebIdentity' },
      { Action: ['sts:TagSession', 'STS:assumerole*'] },
      { Action: 'sts:AssumeRole' },
      { NotAction: 'sts:AssumeRole' },
      { NotAction: 'sts:*' },
    ),
    Condition: Object.fromEntries(dice.many(0, 2, () => condition(dice))),
  });
  return {
    Version: dice.one('2012-10-17', '2012-10-17', '2008-10-17'),
    Statement: dice.many(1, 3, statement),
  };
}

function condition(dice: Dice): readonly [string, object] {
  const set = dice.one('', '', '', 'ForAnyValue:', 'ForAllValues:');
  const base = dice.one(
    'StringEquals',
    'StringLike',
    'StringEquals',
    'StringLike',
    'StringNotEquals',
    'StringNotLike',
    'StringEqualsIgnoreCase',
    'StringNotEqualsIgnoreCase',
    'ArnLike',
    'ArnNotEquals',
    'Null',
    'NumericLessThan',
    'DateGreaterThan',
    'Bool',
    'Stringequals',
  );
  if (base === 'Null') return [base, { [key(dice)]: dice.one('true', 'false', 'maybe') }];
  // Of ForAnyValue and IfExists together the documents say nothing that agrees: explain leaves it undecided.
  const ifExists = set === 'ForAnyValue:' ? '' : dice.one('', '', '', 'IfExists');
  const values = dice.many(1, 2, () => value(dice, base));
  return [`${set}${base}${ifExists}`, { [key(dice)]: dice.one<unknown>(values[0], values) }];
}

const key = (dice: Dice): string =>
  dice.one(
    `${TEAM}:sub`,
    `${TEAM}:sub`,
    `${TEAM}:aud`,
    `${TEAM.toUpperCase()}:SUB`,
    'oidc.vercel.com:sub',
    `${TEAM}:project_id`,
    `https://${TEAM}:sub`,
    'sts:RoleSessionName',
    'aws:FederatedProvider',
    'aws:EpochTime',
    'aws:CurrentTime',
    'sub',
  );

function value(dice: Dice, base: string): unknown {
  if (base === 'NumericLessThan') return dice.one<unknown>(4_000_000_000, '12', 'many');
  if (base === 'DateGreaterThan')
    return dice.one('2020-01-01T00:00:00Z', '2100-01-01T00:00:00Z', '1600000000', 'today');
  if (base === 'Bool') return dice.one<unknown>(true, 'false', 'yes');
  if (base.startsWith('Arn'))
    return dice.one(`arn:aws:iam::*:oidc-provider/${TEAM}`, 'arn:*:iam::*:*', 'arn:aws:*', '*');
  return dice.one(
    ...SUBJECTS,
    ...AUDIENCES,
    'shop',
    'sh*',
    '${sts:RoleSessionName}',
    `\${${TEAM}:sub}`,
    'owner:acme:project:${sts:RoleSessionName}:environment:production',
    "${absent:key, 'shop'}",
    '${absent:key}',
    '${*}',
    'sh${?}p',
  );
}

export function poolProvider(dice: Dice): GcpSetup['provider'] {
  const attributes = dice.one<Record<string, string>>(
    {},
    { 'attribute.project': 'assertion.project' },
    {
      'attribute.environment': 'assertion.environment',
      'attribute.team': 'assertion.owner + "-" + assertion.owner_id',
    },
    { 'attribute.user': 'assertion.user_id' },
    { 'attribute.list': '[assertion.aud]' },
    { 'google.groups': '[assertion.environment, "everyone"]' },
    { 'google.groups': 'assertion.environment' },
    { 'attribute.Upper': 'assertion.sub' },
    { 'attribute.broken': 'assertion.sub +' },
  );
  const condition = dice.one<string | undefined>(
    undefined,
    "assertion.environment == 'production'",
    "assertion.sub.startsWith('owner:acme:') && assertion.project_id in ['prj_shop']",
    "attribute.project == 'shop'",
    "google.subject.endsWith(':production') || 'everyone' in google.groups",
    "assertion.sub.extract('project:{name}:') == 'shop'",
    "assertion.sub.split(':')[1] == 'acme' && !has(assertion.user_id)",
    "assertion.sub.matches('^owner:acme:')",
    'assertion.exp > assertion.iat',
    'assertion.environment',
    'assertion.missing == "x" || true',
    "!(assertion.environment in ['preview', 'development']) && attribute.project.contains('ho')",
    "has(assertion.user_id) ? assertion.user_id == 'user_1' : google.subject.matches('^owner:(acme|globex):')",
    "['shop', 'web'].all(one, one == assertion.project || assertion.sub.endsWith(':preview'))",
    "'everyone' in attribute.team || google.groups == 'everyone'",
    "assertion.sub.split(':', 2)[1].startsWith('acme:') || matches(assertion.project, 'b.og') // either",
    'environment == "production"',
    "[assertion.environment].exists(one, one == 'production')",
    'true',
    'false',
    "assertion.environment = 'production'",
    '',
  );
  return {
    oidc: {
      issuerUri: dice.one(
        ISSUER,
        ISSUER,
        ISSUER,
        ISSUER,
        GLOBAL_ISSUER,
        `${ISSUER}/`,
        'http://oidc.vercel.com/acme',
      ),
      allowedAudiences: dice.one<string[]>(
        [AUDIENCE],
        [AUDIENCE],
        [AUDIENCE],
        ['https://other.example', AUDIENCE],
        [],
        [`${AUDIENCE}/`],
      ),
    },
    attributeMapping: {
      ...dice.one<Record<string, string>>(
        { 'google.subject': 'assertion.sub' },
        { 'google.subject': 'assertion.sub' },
        { 'google.subject': 'assertion.sub' },
        { 'google.subject': 'assertion.project_id + "/" + assertion.environment' },
        { 'google.subject': 'assertion.user_id' },
        { 'google.subject': "''" },
        { 'google.subject': "assertion.sub + ':and:more:' + assertion.scope + assertion.scope" },
        {},
      ),
      ...attributes,
    },
    ...(condition === undefined ? {} : { attributeCondition: condition }),
    disabled: dice.one(false, false, false, false, true),
  };
}

export function serviceAccountBindings(dice: Dice, projectNumber: string): GcpSetup['bindings'] {
  const pool = `//iam.googleapis.com/projects/${projectNumber}/locations/global/workloadIdentityPools/vercel`;
  const member = (): string =>
    dice.one(
      `principal:${pool}/subject/${PRODUCTION}`,
      `principal:${pool}/subject/${PREVIEW}`,
      `principal:${pool}/subject/prj_shop/production`,
      `principalSet:${pool}/*`,
      `principalSet:${pool}/group/everyone`,
      `principalSet:${pool}/attribute.project/shop`,
      `principalSet:${pool}/attribute.environment/production`,
      `principalSet:${pool}/attribute.team/acme-team_acme`,
      `principalSet:${pool}/subject/${PRODUCTION}`,
      `principal:${pool.replace(projectNumber, 'acme-prod')}/subject/${PRODUCTION}`,
      'serviceAccount:other@acme-prod.iam.gserviceaccount.com',
    );
  return dice.one<GcpSetup['bindings']>(
    undefined,
    dice.many(0, 3, () => ({
      role: dice.one(
        'roles/iam.workloadIdentityUser',
        'roles/iam.workloadIdentityUser',
        'roles/iam.serviceAccountTokenCreator',
        'roles/iam.serviceAccountUser',
      ),
      members: dice.many(1, 3, member),
    })),
  );
}

export const federatedCredentials = (dice: Dice): AzureSetup['credentials'] =>
  dice.many(0, 4, (index) => ({
    name: dice.one(`credential-${index}`, `credential-${index}`, `credential-${index}`, 'a same', 'same'),
    issuer: dice.one(ISSUER, ISSUER, GLOBAL_ISSUER, `${ISSUER}/`, 'https://oidc.vercel.com/Acme'),
    subject: dice.one(PRODUCTION, ...SUBJECTS),
    audiences: [dice.one(AUDIENCE, AUDIENCE, ...AUDIENCES)],
  }));
