/** The session that is requested from STS: its role, its name and its policies. */

import { OptionError } from '@credex/core/internal';
import type { Json } from '@credex/core';
import type { Grammar, OptionName } from '@credex/core/internal';
import {
  canonicalJson,
  environmentVariable,
  invalidOption,
  optionalString,
  optionalStringList,
  parseJson,
  requiredString,
} from '@credex/core/internal';
import { PARTITION_NAMES } from './region.js';

interface RoleArn {
  readonly roleArn: string;
  readonly partition: string;
  /** 12 digits. */
  readonly accountId: string;
}

const PARTITION = PARTITION_NAMES.join('|');

/** IAM: a path is of printable ASCII between slashes, at most 512 characters; a name has at most 64. */
const ROLE_ARN: Grammar = {
  pattern: new RegExp(
    `^arn:(${PARTITION}):iam::(\\d{12}):role/(?=.{1,576}$)(?:[!-.0-~]+/)*[\\w+=,.@-]{1,64}$`,
  ),
  says: `the ARN of a role, such as arn:aws:iam::123456789012:role/name, in one of the partitions ${PARTITION_NAMES.join(', ')}`,
};

/** A managed policy, AWS's own (`aws`) or the account's. */
const POLICY_ARN: Grammar = {
  pattern: new RegExp(
    `^arn:(?:${PARTITION}):iam::(?:aws|\\d{12}):policy/(?=.{1,640}$)(?:[!-.0-~]+/)*[\\w+=,.@-]{1,128}$`,
  ),
  says: 'the ARN of a managed policy, such as arn:aws:iam::aws:policy/ReadOnlyAccess',
};

export function requiredRoleArn(
  value: unknown,
  name: OptionName = { option: 'roleArn', environmentVariable: 'AWS_ROLE_ARN' },
): RoleArn {
  const roleArn = requiredString(name, value, ROLE_ARN);
  const [, partition, accountId] = ROLE_ARN.pattern.exec(roleArn) as unknown as [string, string, string];
  return { roleArn, partition, accountId };
}

const SESSION_NAME: Grammar = {
  pattern: /^[\w+=,.@-]{2,64}$/,
  says: '2 to 64 characters of A-Z, a-z, 0-9 and _+=,.@-',
};

/**
 * The name given, or `credex-{project id}-{environment}` of the Vercel deployment, or `credex`. Made of what is
 * known without I/O: the name in effect is in the key, and a key must not need the token.
 */
export function sessionName(value: unknown): string {
  return optionalString({ option: 'roleSessionName' }, value, SESSION_NAME) ?? defaultSessionName();
}

function defaultSessionName(): string {
  const parts = [
    'credex',
    environmentVariable('VERCEL_PROJECT_ID'),
    environmentVariable('VERCEL_TARGET_ENV') ?? environmentVariable('VERCEL_ENV'),
  ];
  return parts
    .filter((part) => part !== undefined)
    .join('-')
    .replaceAll(/[^\w+=,.@-]/g, '-')
    .slice(0, 64);
}

/** STS: the plain text of inline and managed session policies together. */
const MAX_CHARACTERS = 2_048;
const MAX_ARNS = 10;

export interface SessionPolicies {
  /** Canonical JSON text: one text for one meaning, so that two ways to write it share a cached credential. */
  readonly policy: string | undefined;
  /** Sorted, each once: their order means nothing. */
  readonly policyArns: readonly string[];
}

/** @param path What comes before the names of the options, in errors. */
export function sessionPolicies(policy: unknown, policyArns: unknown, path = ''): SessionPolicies {
  const text = policy === undefined ? undefined : policyText(policy, `${path}policy`);
  const option = `${path}policyArns`;
  const arns = [...new Set(optionalStringList({ option }, policyArns, POLICY_ARN) ?? [])].sort();
  if (arns.length > MAX_ARNS) throw invalidOption({ option }, `at most ${MAX_ARNS} ARNs`, policyArns);
  const characters = (text?.length ?? 0) + arns.join('').length;
  if (characters > MAX_CHARACTERS) {
    throw new OptionError(
      'invalid_option',
      text === undefined ? option : `${path}policy`,
      undefined,
      `\`policy\` and \`policyArns\` together must have at most ${MAX_CHARACTERS} characters; they have ${characters}.`,
    );
  }
  return { policy: text, policyArns: arns };
}

function policyText(policy: unknown, option: string): string {
  const parsed = plainJson(policy);
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) {
    const text = canonicalJson(parsed as Json);
    // STS takes Latin-1 only, tab, line feed and carriage return included.
    if (/^[\t\n\r\u0020-\u00ff]+$/.test(text)) return text;
  }
  throw invalidOption({ option }, 'an IAM policy: a JSON object, or its text', policy);
}

/** JSON, of a value or of its text; `undefined` for what is no JSON, such as a cycle or a bigint. */
export function plainJson(value: unknown): unknown {
  try {
    return parseJson(typeof value === 'string' ? value : JSON.stringify(value));
  } catch {
    return undefined;
  }
}
