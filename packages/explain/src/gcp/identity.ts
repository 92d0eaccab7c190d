/** Who a token becomes in a pool: the provider's mapping, evaluated. */

import { CelLimitError } from './bounded-cel.js';
import { compile, type CelValue, type Program } from './cel.js';
import { isObject, member, text, textsOf, type JsonObject } from '../json.js';

// What `gcloud iam workload-identity-pools providers describe --format=json` prints.

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

interface Problem {
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
export function* providerProblems(provider: PoolProvider): Generator<Problem> {
  const { name, pool, issuerUri, allowedAudiences, mapping, isOidc } = provider;
  const problem = (at: string, message: string): Problem => ({ at, message });
  if (name !== '' && pool === '')
    yield problem(
      'name',
      'It must be projects/{number}/locations/global/workloadIdentityPools/{pool}/providers/{provider}.',
    );
  if (isOidc && !/^https:\/\/[^/?#]+[^?#]*$/.test(issuerUri))
    yield problem('oidc.issuerUri', 'It must be a URL with https and without a query.');
  if (allowedAudiences.length > 10 || allowedAudiences.some((one) => one === '' || one.length > 256))
    yield problem('oidc.allowedAudiences', 'Ten at most, of 1 to 256 characters each.');
  for (const target of mapping.keys())
    if (!/^(?:google\.(?:subject|groups)|attribute\.[a-z0-9_]{1,100})$/.test(target))
      yield problem(
        targetAt(target),
        'A target is google.subject, google.groups or attribute.{a-z, 0-9, _}.',
      );
  if (!mapping.has('google.subject'))
    yield problem('attributeMapping', 'google.subject is required; assertion.sub is the usual value.');
  if ([...mapping.keys()].filter((target) => target.startsWith('attribute.')).length > 50)
    yield problem('attributeMapping', 'Fifty custom attributes at most.');
}

const targetAt = (target: string): string => `attributeMapping["${target}"]`;

export interface CompiledProvider {
  readonly mapping: ReadonlyMap<string, Program>;
  readonly condition: Program | undefined;
  readonly problems: readonly Problem[];
}

/** Fifty of their own, and `google.subject` and `google.groups`. `providerProblems` tells of more: none of those is evaluated. */
const MOST_TARGETS = 52;
/** What a mapping and a condition may read. */
const MAPPING_NAMES: ReadonlySet<string> = new Set(['assertion']);
const CONDITION_NAMES: ReadonlySet<string> = new Set(['assertion', 'google', 'attribute']);
const LONGEST_MAPPING = 2048;
const LONGEST_CONDITION = 4096;
const LONGEST_SUBJECT_BYTES = 127;
/** Of all mapped values together. https://cloud.google.com/iam/docs/reference/rest/v1/projects.locations.workloadIdentityPools.providers */
const MOST_MAPPED_BYTES = 16 * 1024;

export function compileProvider(provider: PoolProvider): CompiledProvider {
  const problems: Problem[] = [];
  const program = (
    at: string,
    source: string,
    longest: number,
    names: ReadonlySet<string>,
  ): Program | undefined => {
    if (source === '' || source.length > longest)
      problems.push({ at, message: `CEL of 1 to ${longest} characters.` });
    else
      try {
        return compile(source, names);
      } catch (error) {
        if (error instanceof CelLimitError) throw error;
        problems.push({
          at,
          message: `It does not compile: ${error instanceof Error ? error.message : String(error)}.`,
        });
      }
    return undefined;
  };
  const mapping = new Map<string, Program>();
  for (const [target, source] of [...provider.mapping].slice(0, MOST_TARGETS)) {
    const compiled = program(targetAt(target), source, LONGEST_MAPPING, MAPPING_NAMES);
    if (compiled !== undefined) mapping.set(target, compiled);
  }
  const condition =
    provider.condition === undefined
      ? undefined
      : program('attributeCondition', provider.condition, LONGEST_CONDITION, CONDITION_NAMES);
  return { mapping, condition, problems };
}

export interface Mapped {
  /** Every target that has a value; a target is not mapped if its expression failed. */
  readonly values: ReadonlyMap<string, CelValue>;
  /** As `attributeCondition` sees them. */
  readonly google: Readonly<Record<string, unknown>>;
  readonly attribute: Readonly<Record<string, unknown>>;
}

/** The value of a target; undefined if it is not mapped or not a text. */
export function mappedText({ values }: Mapped, target: string): string | undefined {
  const value = values.get(target);
  return typeof value === 'string' ? value : undefined;
}

export function mapClaims(
  mapping: ReadonlyMap<string, Program>,
  assertion: Readonly<Record<string, unknown>>,
): Mapped {
  const values = new Map<string, CelValue>();
  for (const [target, program] of mapping) {
    const value = program.run({ assertion });
    if (value !== undefined && value !== null) values.set(target, value);
  }
  const under = (prefix: string): Record<string, unknown> =>
    Object.fromEntries(
      [...values]
        .filter(([target]) => target.startsWith(prefix))
        .map(([target, value]) => [target.slice(prefix.length), value]),
    );
  return { values, google: under('google.'), attribute: under('attribute.') };
}

/** What is wrong with the values that were mapped, in the order in which Google looks. */
export type MappingFault =
  'subject_not_mapped' | 'attribute_not_text' | 'subject_too_long' | 'attributes_too_large';

export function mappingFault({
  values,
}: Mapped): { readonly code: MappingFault; readonly target: string } | undefined {
  const subject = values.get('google.subject');
  if (subject === undefined || subject === '')
    return { code: 'subject_not_mapped', target: 'google.subject' };
  for (const [target, value] of values) {
    const isFit =
      target === 'google.groups'
        ? Array.isArray(value) && value.every((one) => typeof one === 'string')
        : typeof value === 'string';
    if (!isFit) return { code: 'attribute_not_text', target };
  }
  if (bytesOf(subject) > LONGEST_SUBJECT_BYTES) return { code: 'subject_too_long', target: 'google.subject' };
  const total = [...values.values()].reduce<number>((sum, value) => sum + bytesOf(value), 0);
  return total > MOST_MAPPED_BYTES ? { code: 'attributes_too_large', target: 'google.subject' } : undefined;
}

/** Of a text, or of all texts in a list, as UTF-8. */
export const bytesOf = (value: CelValue): number =>
  Array.isArray(value)
    ? value.reduce<number>((sum, one) => sum + bytesOf(one as CelValue), 0)
    : new TextEncoder().encode(value as string).byteLength;
