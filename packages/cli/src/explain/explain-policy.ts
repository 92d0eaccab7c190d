/** `explain` with the names of the command line: `policy` becomes `--policy`, and `cloud: 'gcp'` becomes `credex explain gcp`. */

import type { ExplainInput, Explanation, PolicyInput } from '@credex/explain';
import type { Io } from '../io.js';
import { UsageError } from '../usage-error.js';

const OPTIONS: Readonly<Record<PolicyInput | 'claims' | 'roleArn', string>> = {
  policy: '--policy',
  identityProvider: '--identity-provider',
  assumeRole: '--assume-role',
  sessionPolicy: '--session-policy',
  hopPolicies: '--hop-policy',
  roleArn: '--role-arn',
  serviceAccountPolicy: '--service-account-policy',
  projectPolicies: '--project-policy',
  claims: '--token-file',
};

/** Of texts that `explain` wrote itself: fixes, hints and the messages of its errors. */
const withOptionNames = (text: string): string =>
  text
    .replace(/`(\w+)`/g, (whole, name: string) =>
      Object.hasOwn(OPTIONS, name) ? OPTIONS[name as PolicyInput] : whole,
    )
    .replace(/`cloud: '(\w+)'`/g, '`credex explain $1`');

/** @throws UsageError with the code of the `PolicyFileError` */
export async function explainPolicy(io: Io, input: ExplainInput): Promise<Explanation> {
  const { explain, PolicyFileError } = await import('@credex/explain');
  try {
    const explanation = await (io.explain?.(input) ?? explain(input));
    const findings = explanation.findings.map(({ at, fix, ...found }) => ({
      ...found,
      at: at === 'policy' ? OPTIONS.policy : at,
      fix: withOptionNames(fix),
    }));
    return { ...explanation, findings };
  } catch (error) {
    if (!(error instanceof PolicyFileError)) throw error;
    const { code, message, hint } = error;
    throw new UsageError(code, withOptionNames(message), {
      option: OPTIONS[error.input],
      ...(hint === undefined ? {} : { hint: withOptionNames(hint) }),
      cause: error,
    });
  }
}
