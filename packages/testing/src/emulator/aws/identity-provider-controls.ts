/**
 * Identity-provider controls: for an issuer that many organisations share, IAM keeps a trust policy only if each Allow
 * statement evaluates the claim that tells them apart.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html
 */
interface Condition {
  readonly operator: { readonly name: string };
  readonly key: string;
  readonly values: readonly string[];
}

interface Statement {
  readonly effect: 'Allow' | 'Deny';
  readonly principals?: readonly { readonly type: string; readonly value: string }[] | undefined;
  readonly actions: { readonly negated: boolean; readonly patterns: readonly string[] };
  readonly conditions: readonly Condition[];
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

/** What IAM says of the first statement that lacks its control; undefined where none does. */
export function missingControl(statements: readonly Statement[]): string | undefined {
  for (const { effect, principals = [], actions, conditions } of statements) {
    if (effect !== 'Allow' || !concernsWebIdentity(actions)) continue;
    for (const { type, value } of principals) {
      if (type !== 'Federated') continue;
      const host = value.replace(/^arn:[\w-]+:iam::\d{12}:oidc-provider\//, '');
      const key = CONTROLS.get(host);
      if (key === undefined || isEvaluated(key, conditions)) continue;
      if (host === 'cognito-identity.amazonaws.com' && conditions.length === 0)
        return 'A condition block must be present for the Cognito provider';
      return `Trust policy with trusted principal ${host} must evaluate, using StringEquals, StringLike or StringEqualsIgnoreCase, ${key} which is not scoped to all.`;
    }
  }
  return undefined;
}

/** A statement about session tags alone lets nobody in. */
const concernsWebIdentity = ({ negated, patterns }: Statement['actions']): boolean =>
  negated ||
  patterns.some((pattern) => {
    const [literal = ''] = pattern.toLowerCase().split(/[*?]/);
    return literal.length < pattern.length ? ACTION.startsWith(literal) : literal === ACTION;
  });

/**
 * One of the three operators, with or without a set prefix; `IfExists` and a negation do not count. A value `*` in
 * any list makes the key scoped to all; `?`, `**` and an empty text do not.
 */
function isEvaluated(key: string, conditions: readonly Condition[]): boolean {
  const counted = conditions.filter(
    ({ operator, key: named }) =>
      named.toLowerCase() === key.toLowerCase() &&
      /^(?:ForAnyValue:|ForAllValues:)?String(?:Equals|Like|EqualsIgnoreCase)$/.test(operator.name),
  );
  return counted.length > 0 && counted.every(({ values }) => !values.includes('*'));
}
