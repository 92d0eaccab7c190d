import { parseRoleArn, isManagedPolicyArn, type RoleArn } from '../iam/identity-store.js';
import { refuse, validationError } from './responses.js';

/** What both ways to assume a role are asked for. */
export interface AssumeParameters {
  readonly roleArn: RoleArn;
  readonly sessionName: string;
  /** Seconds; undefined: not asked for. */
  readonly duration: number | undefined;
  readonly policy: string | undefined;
  readonly policyArns: readonly string[];
}

interface Constraint {
  readonly pattern?: RegExp;
  /** The pattern as AWS words it. */
  readonly says?: string;
  readonly min?: number;
  readonly max?: number;
  /** The value is never repeated to the sender. */
  readonly secret?: boolean;
}

/** Collects what is wrong with a request, in AWS's words, to be said all at once. */
export class Constraints {
  readonly #found: string[] = [];

  #fail(name: string, value: string | undefined, constraint: string): void {
    const shown = value === undefined ? 'Value null' : `Value '${value}'`;
    this.#found.push(`${shown} at '${name}' failed to satisfy constraint: ${constraint}`);
  }

  required(name: string, value: string | null): string {
    if (value === null) this.#fail(name, undefined, 'Member must not be null');
    return value ?? '';
  }

  text(name: string, value: string | null, { pattern, says, min, max, secret = false }: Constraint): void {
    if (value === null) return;
    const shown = secret ? '***' : value;
    // Length in UTF-16 units, the pattern over the whole.
    if (pattern !== undefined && !pattern.test(value)) {
      this.#fail(name, shown, `Member must satisfy regular expression pattern: ${says}`);
    }
    if (min !== undefined && value.length < min) {
      this.#fail(name, shown, `Member must have length greater than or equal to ${min}`);
    }
    if (max !== undefined && value.length > max) {
      this.#fail(name, shown, `Member must have length less than or equal to ${max}`);
    }
  }

  number(name: string, value: string | null, min: number, max: number): number | undefined {
    if (value === null) return undefined;
    const number = Number(value);
    if (value === '') refuse('MalformedInput', 'missing value for decimal type');
    if (!/^[+-]?\d+$/.test(value) || number !== (number | 0)) refuse('MalformedInput', '');
    if (number < min) this.#fail(name, value, `Member must have value greater than or equal to ${min}`);
    if (number > max) this.#fail(name, value, `Member must have value less than or equal to ${max}`);
    return number;
  }

  list(name: string, values: readonly string[], max: number): void {
    if (values.length > max) {
      this.#fail(name, `[${values.join(', ')}]`, `Member must have length less than or equal to ${max}`);
    }
  }

  /** Throws what was found. */
  check(): void {
    const count = this.#found.length;
    if (count === 0) return;
    validationError(`${count} validation error${count === 1 ? '' : 's'} detected: ${this.#found.join('; ')}`);
  }
}

const ARN_TEXT: Constraint = {
  pattern: /^[\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd]+$/,
  says: String.raw`[\u0009\u000A\u000D\u0020-\u007E\u0085\u00A0-\uD7FF\uE000-\uFFFD\u10000-\u10FFFF]+`,
  min: 20,
  max: 2048,
};
const SESSION_NAME: Constraint = {
  pattern: /^[\w+=,.@-]*$/,
  says: String.raw`[\w+=,.@-]*`,
  min: 2,
  max: 64,
};
const POLICY: Constraint = {
  pattern: /^[\t\n\r\x20-\xff]+$/,
  says: String.raw`[\u0009\u000A\u000D\u0020-\u00FF]+`,
  min: 1,
  max: 2048,
};
export const WEB_IDENTITY_TOKEN: Constraint = { min: 4, max: 20_000, secret: true };
export const PROVIDER_ID: Constraint = { min: 4, max: 2048 };
export const EXTERNAL_ID: Constraint = {
  pattern: /^[\w+=,.@:/-]*$/,
  says: String.raw`[\w+=,.@:\/-]*`,
  min: 2,
  max: 1224,
};

const MOST_POLICY_ARNS = 10;
/** Inline text and managed ARNs together. */
const MOST_POLICY_TEXT = 2048;

/** Reads and checks what both actions share; `own` adds an action's own parameters to the same list of errors. */
export function assumeParameters(
  form: URLSearchParams,
  own: (constraints: Constraints) => void,
): AssumeParameters {
  const constraints = new Constraints();
  const roleArnText = form.get('RoleArn');
  const sessionName = form.get('RoleSessionName');
  const policy = form.get('Policy');
  const policyArns = members(form, 'PolicyArns', 'arn');

  constraints.required('roleArn', roleArnText);
  constraints.text('roleArn', roleArnText, ARN_TEXT);
  constraints.required('roleSessionName', sessionName);
  constraints.text('roleSessionName', sessionName, SESSION_NAME);
  own(constraints);
  constraints.list('policyArns', policyArns, MOST_POLICY_ARNS);
  constraints.text('policy', policy, POLICY);
  const duration = constraints.number('durationSeconds', form.get('DurationSeconds'), 900, 43_200);
  constraints.check();

  const roleArn = parseRoleArn(roleArnText ?? '') ?? validationError(`${roleArnText} is invalid`);
  const badArn = policyArns.find((arn) => !isManagedPolicyArn(arn));
  if (badArn !== undefined) validationError(`ARN ${badArn} is not valid.`);
  if ((policy ?? '').length + policyArns.join('').length > MOST_POLICY_TEXT) {
    validationError(
      'The plaintext of the inline and managed session policies must have length less than or equal to 2048',
    );
  }
  return { roleArn, sessionName: sessionName ?? '', duration, policy: policy ?? undefined, policyArns };
}

/** `PolicyArns.member.1.arn`, `PolicyArns.member.2.arn`, … in the order of their numbers. Without `part`: `….member.1`. */
export function members(form: URLSearchParams, name: string, part?: string): readonly string[] {
  const end = part === undefined ? '' : `\\.${part}`;
  return [...form]
    .flatMap(([key, value]) => {
      const [, number] = new RegExp(`^${name}\\.member\\.(\\d+)${end}$`).exec(key) ?? [];
      return number === undefined ? [] : [[Number(number), value] as const];
    })
    .sort(([a], [b]) => a - b)
    .map(([, value]) => value);
}
