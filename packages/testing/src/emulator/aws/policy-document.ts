import { conditionOperator, type ConditionOperator } from './condition-operators.js';
import { missingControl } from './identity-provider-controls.js';

/** A policy as a user writes it. What `createRole` and a session policy's text are checked against. */
export interface PolicyDocument {
  readonly Version?: string | undefined;
  readonly Id?: string | undefined;
  readonly Statement: PolicyStatement | readonly PolicyStatement[];
}

export interface PolicyStatement {
  readonly Sid?: string | undefined;
  /** `Allow` or `Deny`. */
  readonly Effect: string;
  readonly Principal?: string | Readonly<Record<string, string | readonly string[]>> | undefined;
  readonly Action?: string | readonly string[] | undefined;
  readonly NotAction?: string | readonly string[] | undefined;
  readonly Resource?: string | readonly string[] | undefined;
  readonly NotResource?: string | readonly string[] | undefined;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, PolicyValue>>>> | undefined;
}

export type PolicyScalar = string | number | boolean;
export type PolicyValue = PolicyScalar | readonly PolicyScalar[];

/** A policy that was read: scalars have become arrays, operators have become functions. */
export interface Policy {
  /** Policy variables (`${aws:userid}`) came with version 2012-10-17. */
  readonly variables: boolean;
  readonly statements: readonly Statement[];
}

export interface Statement {
  readonly effect: 'Allow' | 'Deny';
  readonly principals: readonly Principal[] | undefined;
  readonly actions: Matching;
  /** Undefined in a trust policy: its resource is the role itself. */
  readonly resources: Matching | undefined;
  readonly conditions: readonly Condition[];
}

export interface Principal {
  readonly type: 'AWS' | 'Federated' | 'Service' | 'CanonicalUser' | '*';
  readonly value: string;
}

export interface Matching {
  /** `NotAction`, `NotResource`: all but these. */
  readonly negated: boolean;
  readonly patterns: readonly string[];
}

export interface Condition {
  readonly operator: ConditionOperator;
  readonly key: string;
  readonly values: readonly string[];
}

export type PolicyKind = 'trust' | 'identity' | 'session';

/** Thrown to the author of a test; on the wire it is AWS's `MalformedPolicyDocument` with `wireMessage`. */
export class MalformedPolicyDocumentError extends Error {
  override readonly name = 'MalformedPolicyDocumentError';
  readonly code = 'MalformedPolicyDocument';
  /** What AWS says, which is less. */
  readonly wireMessage: string;

  constructor(detail: string, wireMessage = 'Syntax errors in policy.') {
    super(`MalformedPolicyDocument: ${wireMessage} (${detail})`);
    this.wireMessage = wireMessage;
  }
}

type Json = Readonly<Record<string, unknown>>;

const fail = (detail: string, wireMessage?: string): never => {
  throw new MalformedPolicyDocumentError(detail, wireMessage);
};

const objectOf = (value: unknown, what: string): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Json)
    : fail(`${what} must be an object`);

function onlyKeys(object: Json, allowed: readonly string[], what: string): void {
  const stray = Object.keys(object).find((key) => object[key] !== undefined && !allowed.includes(key));
  if (stray !== undefined) fail(`${what} has an element \`${stray}\` that no policy of this kind has`);
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);

function stringsOf(value: unknown, what: string): readonly string[] {
  const list = listOf(value);
  if (list.length === 0) fail(`${what} is empty`);
  return list.map((one) => (typeof one === 'string' && one !== '' ? one : fail(`${what} must be text`)));
}

export interface PolicyRules {
  /** Identity-provider controls of a trust policy are not checked: it is older than they are. Default: false. */
  readonly withoutControls?: boolean | undefined;
}

/** Reads and checks a policy. Throws MalformedPolicyDocumentError for what IAM and STS refuse. */
export function parsePolicy(document: unknown, kind: PolicyKind, rules: PolicyRules = {}): Policy {
  const policy = objectOf(typeof document === 'string' ? fromText(document) : document, 'the policy');
  onlyKeys(policy, ['Version', 'Id', 'Statement'], 'the policy');
  const version = policy['Version'] ?? '2008-10-17';
  if (version !== '2012-10-17' && version !== '2008-10-17')
    fail('`Version` must be 2012-10-17 or 2008-10-17');
  const statements = listOf(policy['Statement']);
  if (policy['Statement'] === undefined || statements.length === 0) fail('`Statement` is missing or empty');
  const sids = statements
    .map((one) => objectOf(one, 'a statement')['Sid'])
    .filter((sid) => sid !== undefined && sid !== '');
  const badSid = sids.find((sid) => typeof sid !== 'string' || !SID.test(sid));
  if (badSid !== undefined) fail(`the \`Sid\` ${JSON.stringify(badSid)}`, SID_MESSAGE);
  if (new Set(sids).size < sids.length)
    fail('two statements have one `Sid`', 'The Statement Ids in the policy are not unique');
  const parsed = statements.map((statement) => parseStatement(objectOf(statement, 'a statement'), kind));
  const control = kind === 'trust' && rules.withoutControls !== true ? missingControl(parsed) : undefined;
  if (control !== undefined) fail('an issuer that many share', control);
  return { variables: version === '2012-10-17', statements: parsed };
}

const SID = /^[0-9A-Za-z]*$/;
const SID_MESSAGE =
  'Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*';

/** `sts:*` is more than a trust policy may say; `sts:AssumeRole*` is not. */
const TRUST_ACTION = /^sts:\w/i;

function fromText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return fail('it is not JSON');
  }
}

const ELEMENTS = ['Sid', 'Effect', 'Action', 'NotAction', 'Condition'];

function parseStatement(statement: Json, kind: PolicyKind): Statement {
  const trust = kind === 'trust';
  const prohibited = trust ? ['Resource', 'NotResource'] : ['Principal', 'NotPrincipal'];
  const named = prohibited.find((name) => statement[name] !== undefined);
  if (named !== undefined) fail(`a ${kind} policy`, `Has prohibited field ${named}`);
  onlyKeys(statement, [...ELEMENTS, ...(trust ? ['Principal'] : ['Resource', 'NotResource'])], 'a statement');

  const effect = statement['Effect'];
  if (effect !== 'Allow' && effect !== 'Deny') return fail('`Effect` must be Allow or Deny');
  const actions = matchingOf(statement, 'Action', 'Policy statement must contain actions.');
  for (const action of actions.patterns) {
    if (!/^(?:\*|[\w-]+:[\w*?]+)$/.test(action)) {
      fail(
        `\`${action}\` is no action`,
        'Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.',
      );
    }
    if (trust && !TRUST_ACTION.test(action))
      fail(`\`${action}\``, 'AssumeRole policy may only specify STS AssumeRole actions.');
  }
  return {
    effect,
    principals: trust ? parsePrincipals(statement['Principal']) : undefined,
    actions,
    resources: trust ? undefined : parseResources(statement),
    conditions: parseConditions(statement['Condition']),
  };
}

function matchingOf(statement: Json, name: 'Action' | 'Resource', missing: string): Matching {
  const plain = statement[name];
  const not = statement[`Not${name}`];
  if (plain === undefined && not === undefined) fail(`\`${name}\` is missing`, missing);
  if (plain !== undefined && not !== undefined) fail(`both \`${name}\` and \`Not${name}\``);
  return { negated: plain === undefined, patterns: stringsOf(plain ?? not, `\`${name}\``) };
}

function parseResources(statement: Json): Matching {
  const resources = matchingOf(statement, 'Resource', 'Policy statement must contain resources.');
  const bad = resources.patterns.find((one) => one !== '*' && !/^arn:(?:[^:]*:){4}.+$/.test(one));
  if (bad !== undefined) fail('a resource', `Resource ${bad} must be in ARN format or "*".`);
  return resources;
}

const PRINCIPALS: Readonly<Record<string, RegExp>> = {
  AWS: /^(?:\*|\d{12}|arn:[\w-]+:(?:iam|sts)::\d{12}:(?:root|(?:user|role|assumed-role|federated-user)\/.+))$/,
  Federated: /^(?:arn:[\w-]+:iam::\d{12}:(?:oidc-provider|saml-provider)\/.+|[\w-]+(?:\.[\w-]+)+)$/,
  Service: /^[\w.-]+$/,
  CanonicalUser: /^[0-9a-f]{64}$/,
};

function parsePrincipals(value: unknown): readonly Principal[] {
  if (value === undefined) fail('a trust policy', 'Missing required field Principal');
  if (value === '*') return [{ type: '*', value: '*' }];
  const entries = Object.entries(objectOf(value, '`Principal`'));
  if (entries.length === 0) fail('`Principal` is empty');
  return entries.flatMap(([type, names]) => {
    const grammar =
      (Object.hasOwn(PRINCIPALS, type) ? PRINCIPALS[type] : undefined) ??
      fail(`\`${type}\` is no type of principal`);
    return stringsOf(names, `\`Principal.${type}\``).map((name): Principal => {
      if (!grammar.test(name)) fail('a principal', `Invalid principal in policy: "${type}":"${name}"`);
      return { type: type as Principal['type'], value: name };
    });
  });
}

function parseConditions(value: unknown): readonly Condition[] {
  if (value === undefined) return [];
  return Object.entries(objectOf(value, '`Condition`')).flatMap(([name, block]) => {
    const operator = conditionOperator(name) ?? fail(`\`${name}\` is no condition operator`);
    return Object.entries(objectOf(block, `\`${name}\``)).map(([key, values]): Condition => {
      if (!key.includes(':')) {
        fail(`\`${key}\``, 'Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.');
      }
      const texts = listOf(values).map((one) =>
        ['string', 'number', 'boolean'].includes(typeof one) ? String(one) : fail(`\`${key}\` must be text`),
      );
      const unfit = texts.find((text) => !operator.accepts(text));
      if (unfit !== undefined) fail(`\`${name}\` can't be compared with \`${unfit}\``);
      return { operator, key, values: texts };
    });
  });
}
