/** Who a token becomes in a pool: the provider's mapping, evaluated. */

import { CelLimitError } from './bounded-cel.js';
import type { CelValue, Program } from './cel.js';
import { compile } from './cel.js';
import type { PoolProvider, Problem } from './pool-provider.js';

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
    const compiled = program(`attributeMapping["${target}"]`, source, LONGEST_MAPPING, MAPPING_NAMES);
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
