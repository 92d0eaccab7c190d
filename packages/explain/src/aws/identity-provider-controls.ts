/**
 * Identity-provider controls: for an issuer that many organisations share, IAM keeps a trust policy only if each Allow
 * statement evaluates the claim that tells them apart.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html
 */
import type { Matching, Statement } from './policy-document.js';
import type { Condition } from './policy-elements.js';
import { isObject, member, text, textsOf } from '../json.js';

// What `aws iam get-open-id-connect-provider` prints.

export interface IdentityProvider {
  /** With https://, which AWS leaves out. */
  readonly issuer: string;
  readonly clientIds: readonly string[];
}

export function readIdentityProvider(value: unknown): IdentityProvider {
  const provider = isObject(value) ? value : {};
  const url = text(provider, 'Url') ?? '';
  return {
    issuer: url === '' || url.includes('://') ? url : `https://${url}`,
    clientIds: textsOf(member(provider, 'ClientIDList')),
  };
}

interface MissingControl {
  /** The statement. */
  readonly at: string;
  /** The issuer without its scheme. */
  readonly host: string;
  /** What IAM says. */
  readonly answer: string;
}

/** Issuers without their scheme, and the condition key that IAM requires for each. */
const CONTROLS: ReadonlyMap<string, string> = new Map([
  ['cognito-identity.amazonaws.com', 'cognito-identity.amazonaws.com:aud'],
  ['sts.windows.net/33e01921-4d64-4f8c-a055-5bdaffd5e33d', 'sts:RoleSessionName'],
  ...['api.pulumi.com/oidc', 'sandboxes.cloud', 'oidc.vercel.com'].map((host): [string, string] => [
    host,
    `${host}:aud`,
  ]),
  ...[
    'agent.buildkite.com',
    'app.terraform.io',
    'gitlab.com',
    'oidc-configuration.audit-log.githubusercontent.com',
    'oidc.codefresh.io',
    'proidc.upbound.io',
    'scalr.io',
    'studio.datachain.ai/api',
    'token.actions.githubusercontent.com',
    'tokens.cloud.shisho.dev',
    'vstoken.actions.githubusercontent.com',
  ].map((host): [string, string] => [host, `${host}:sub`]),
]);

const ACTION = 'sts:assumerolewithwebidentity';

/** What IAM refuses: each Allow statement that lets a shared issuer in without comparing the claim that tells its users apart. */
export function missingControls(statements: readonly Statement[]): readonly MissingControl[] {
  return statements.flatMap(({ at, effect, principals, actions, conditions }) => {
    if (effect !== 'Allow' || !concernsWebIdentity(actions)) return [];
    return principals.flatMap(({ type, value }) => {
      const host = value.replace(/^arn:[\w-]+:iam::\d{12}:oidc-provider\//, '');
      const key = type === 'Federated' ? CONTROLS.get(host) : undefined;
      if (key === undefined || isCompared(key, conditions)) return [];
      const answer =
        host === 'cognito-identity.amazonaws.com' && conditions.length === 0
          ? 'A condition block must be present for the Cognito provider'
          : `Trust policy with trusted principal ${host} must evaluate, using StringEquals, StringLike or StringEqualsIgnoreCase, ${key} which is not scoped to all.`;
      return [{ at, host, answer }];
    });
  });
}

/** A statement about session tags alone accepts no token. */
const concernsWebIdentity = ({ isNegated, patterns }: Matching): boolean =>
  isNegated ||
  patterns.some((pattern) => {
    const [literal = ''] = pattern.toLowerCase().split(/[*?]/);
    return literal.length < pattern.length ? ACTION.startsWith(literal) : literal === ACTION;
  });

/**
 * By one of three operators, with or without a set prefix; `IfExists` and a negation do not count. A value `*` in any list
 * makes the key scoped to all; `?`, `**` and an empty text do not.
 */
function isCompared(key: string, conditions: readonly Condition[]): boolean {
  const counted = conditions.filter(
    ({ operator, key: named }) =>
      named.toLowerCase() === key.toLowerCase() &&
      /^(?:ForAnyValue:|ForAllValues:)?String(?:Equals|Like|EqualsIgnoreCase)$/.test(operator.name),
  );
  return counted.length > 0 && counted.every(({ values }) => !values.includes('*'));
}
