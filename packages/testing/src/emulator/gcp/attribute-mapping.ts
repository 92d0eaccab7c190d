/**
 * A provider's attribute mapping and condition: CEL over the claims of the subject token.
 * https://cloud.google.com/iam/docs/workload-identity-federation#mapping
 */
import { isCelError, isCelList, type CelInput } from '@bufbuild/cel';
import { CelLimitError, parseCel, planCel, withCelBudget, type CelProgram } from './bounded-cel.js';
import { undeclaredName } from './cel-names.js';

export interface MappedIdentity {
  readonly subject: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly groups: readonly string[];
}

export type MappingVerdict =
  | { readonly ok: true; readonly identity: MappedIdentity }
  | {
      readonly ok: false;
      readonly error: 'unauthorized_client' | 'invalid_request';
      readonly description: string;
    };

export type IdentityPolicy = (claims: Readonly<Record<string, unknown>>) => MappingVerdict;

type Program = CelProgram;

/** What a mapping and a condition may read. */
const MAPPING_NAMES: ReadonlySet<string> = new Set(['assertion']);
const CONDITION_NAMES: ReadonlySet<string> = new Set(['assertion', 'google', 'attribute']);

/** @throws TypeError where Google would not take the provider. */
export function compileIdentityPolicy(
  mapping: Readonly<Record<string, string>>,
  condition: string | undefined,
): IdentityPolicy {
  // Before anything is compiled.
  if (Object.keys(mapping).filter((key) => key.startsWith('attribute.')).length > 50)
    throw new TypeError('attributeMapping: 50 custom attributes at most');
  const programs = Object.entries(mapping).map(([key, expression]) => {
    assertKey(key);
    return [key, compile(`attributeMapping["${key}"]`, expression, 2048, MAPPING_NAMES)] as const;
  });
  if (mapping['google.subject'] === undefined)
    throw new TypeError('attributeMapping: google.subject is required; assertion.sub is the usual value');
  const admits =
    condition === undefined ? undefined : compile('attributeCondition', condition, 4096, CONDITION_NAMES);
  return (claims) => {
    try {
      return withCelBudget(() => judge(claims as Record<string, CelInput>, programs, admits));
    } catch (error) {
      if (!(error instanceof CelLimitError)) throw error;
      return { ok: false, error: 'invalid_request', description: `The emulator gave up: ${error.message}` };
    }
  };
}

function judge(
  assertion: Record<string, CelInput>,
  programs: readonly (readonly [string, Program])[],
  admits: Program | undefined,
): MappingVerdict {
  const mapped = new Map<string, unknown>();
  for (const [key, program] of programs) {
    const value = program({ assertion });
    // A claim that is not there leaves its attribute unmapped.
    if (value !== undefined && value !== null && !isCelError(value)) mapped.set(key, value);
  }
  const google: Record<string, CelInput> = {};
  const attribute: Record<string, CelInput> = {};
  for (const [key, value] of mapped) {
    const [space, name] = splitKey(key);
    (space === 'google' ? google : attribute)[name] = value as CelInput;
  }
  // An error of CEL is a value, and a truthy one: nothing but true itself passes.
  if (admits !== undefined && admits({ assertion, google, attribute }) !== true)
    return refused('The given credential is rejected by the attribute condition.');

  const subject = mapped.get('google.subject');
  if (subject === undefined || subject === '')
    return refused('Could not obtain a value for google.subject from the given credential.');
  const groups = mapped.get('google.groups');
  const groupList: unknown[] = isCelList(groups) ? [...groups] : [];
  if (groups !== undefined && !(isCelList(groups) && groupList.every((group) => typeof group === 'string')))
    return refused("The mapped attribute 'google.groups' must be of type LIST.");
  const attributes: Record<string, string> = {};
  for (const [key, value] of mapped) {
    if (key === 'google.groups') continue;
    if (typeof value !== 'string') return refused(`The mapped attribute '${key}' must be of type STRING.`);
    if (key !== 'google.subject') attributes[splitKey(key)[1]] = value;
  }
  if (Buffer.byteLength(subject as string) > 127) return tooLarge('attribute google.subject', '127 bytes');
  const all = [subject, ...groupList, ...Object.values(attributes)] as string[];
  const total = all.reduce((sum, value) => sum + Buffer.byteLength(value), 0);
  if (total > MOST_MAPPED_BYTES) return tooLarge('attributes in total', '16 KB');
  return { ok: true, identity: { subject: subject as string, attributes, groups: groupList as string[] } };
}

/** By the reference of attributeMapping, which said 4 KB and then 8 KB before. */
const MOST_MAPPED_BYTES = 16 * 1024;

/** The sentence of google.subject is Google's own; that the total has the same form is unverified. */
const tooLarge = (what: string, limit: string): MappingVerdict => ({
  ok: false,
  error: 'invalid_request',
  description: `The size of mapped ${what} exceeds the ${limit} limit. Either modify your attribute mapping or the incoming assertion to produce a mapped attribute that is less than ${limit}.`,
});

const refused = (description: string): MappingVerdict => ({
  ok: false,
  error: 'unauthorized_client',
  description,
});

function splitKey(key: string): readonly ['google' | 'attribute', string] {
  const dot = key.indexOf('.');
  return [key.slice(0, dot) as 'google' | 'attribute', key.slice(dot + 1)];
}

function assertKey(key: string): void {
  if (!/^(?:google\.(?:subject|groups)|attribute\.[a-z0-9_]{1,100})$/.test(key))
    throw new TypeError(
      `attributeMapping: ${key} is no target; write google.subject, google.groups or attribute.{a-z, 0-9, _}`,
    );
}

function compile(label: string, expression: string, longest: number, names: ReadonlySet<string>): Program {
  if (expression === '' || expression.length > longest)
    throw new TypeError(`${label}: CEL of 1 to ${longest} characters`);
  const parsed = parsedCel(label, expression);
  const undeclared = undeclaredName(parsed.expr, names);
  if (undeclared !== undefined)
    throw new TypeError(`${label}: undeclared reference to '${undeclared}' (in container '')`);
  try {
    return planCel(parsed.expr);
  } catch (error) {
    if (error instanceof CelLimitError) throw new TypeError(`${label}: ${error.message}`, { cause: error });
    throw new TypeError(`${label}: no CEL expression: ${String(error)}`, { cause: error });
  }
}

function parsedCel(label: string, expression: string): ReturnType<typeof parseCel> {
  try {
    return parseCel(expression);
  } catch (error) {
    if (error instanceof CelLimitError) throw new TypeError(`${label}: ${error.message}`, { cause: error });
    throw new TypeError(`${label}: no CEL expression: ${String(error)}`, { cause: error });
  }
}
