/** What `gcloud iam workload-identity-pools providers describe --format=json` prints. */

import { isObject, member, text, textsOf } from '../json.js';
import type { JsonObject } from '../json.js';

export interface PoolProvider {
  /** `projects/{number}/locations/global/workloadIdentityPools/{pool}/providers/{provider}` */
  readonly name: string;
  /** `projects/{number}/locations/global/workloadIdentityPools/{pool}`: the pool of the principals. */
  readonly pool: string;
  readonly isOidc: boolean;
  readonly issuerUri: string;
  /** As configured; empty: the provider's own name is the audience. */
  readonly allowedAudiences: readonly string[];
  /** A JWKS that was uploaded: Google fetches none then. */
  readonly hasOwnKeys: boolean;
  readonly mapping: ReadonlyMap<string, string>;
  readonly condition: string | undefined;
  readonly isDisabled: boolean;
  readonly isDeleted: boolean;
}

export interface Problem {
  readonly at: string;
  readonly message: string;
}

const NAME = /^(projects\/\d+\/locations\/global\/workloadIdentityPools\/[^/]+)\/providers\/[^/]+$/;

export function readPoolProvider(value: unknown): PoolProvider {
  const provider: JsonObject = isObject(value) ? value : {};
  const oidc = member(provider, 'oidc');
  const settings: JsonObject = isObject(oidc) ? oidc : {};
  const mapping = member(provider, 'attributeMapping');
  const name = text(provider, 'name') ?? '';
  return {
    name,
    pool: NAME.exec(name)?.[1] ?? '',
    isOidc: isObject(oidc),
    issuerUri: text(settings, 'issuerUri') ?? '',
    allowedAudiences: textsOf(member(settings, 'allowedAudiences')),
    hasOwnKeys: text(settings, 'jwksJson') !== undefined,
    mapping: new Map(
      Object.entries(isObject(mapping) ? mapping : {}).map(([target, expression]) => [
        target,
        String(expression),
      ]),
    ),
    condition: text(provider, 'attributeCondition'),
    isDisabled: member(provider, 'disabled') === true,
    isDeleted: text(provider, 'state') === 'DELETED',
  };
}

/** Without allowed audiences: the provider's own name, with or without `https:`. */
export function audiencesOf({ name, allowedAudiences }: PoolProvider): readonly string[] {
  if (allowedAudiences.length > 0) return allowedAudiences;
  return [`//iam.googleapis.com/${name}`, `https://iam.googleapis.com/${name}`];
}

/** What Google refuses to keep, without the CEL expressions. */
export function providerProblems(provider: PoolProvider): readonly Problem[] {
  const problems: Problem[] = [];
  const { name, pool, issuerUri, allowedAudiences, mapping, isOidc } = provider;
  if (name !== '' && pool === '')
    problems.push({
      at: 'name',
      message:
        'It must be projects/{number}/locations/global/workloadIdentityPools/{pool}/providers/{provider}.',
    });
  if (isOidc && !/^https:\/\/[^/?#]+[^?#]*$/.test(issuerUri))
    problems.push({ at: 'oidc.issuerUri', message: 'It must be a URL with https and without a query.' });
  if (allowedAudiences.length > 10 || allowedAudiences.some((one) => one === '' || one.length > 256))
    problems.push({ at: 'oidc.allowedAudiences', message: 'Ten at most, of 1 to 256 characters each.' });
  for (const target of mapping.keys())
    if (!/^(?:google\.(?:subject|groups)|attribute\.[a-z0-9_]{1,100})$/.test(target))
      problems.push({
        at: `attributeMapping["${target}"]`,
        message: 'A target is google.subject, google.groups or attribute.{a-z, 0-9, _}.',
      });
  if (!mapping.has('google.subject'))
    problems.push({
      at: 'attributeMapping',
      message: 'google.subject is required; assertion.sub is the usual value.',
    });
  if ([...mapping.keys()].filter((target) => target.startsWith('attribute.')).length > 50)
    problems.push({ at: 'attributeMapping', message: 'Fifty custom attributes at most.' });
  return problems;
}
