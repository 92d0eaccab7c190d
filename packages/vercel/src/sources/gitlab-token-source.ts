import type { SubjectTokenSource } from '@credex/core';
import { FederationError } from '@credex/core';
import { environmentVariable, requiredString, shown } from '@credex/core/internal';
import type { FixedAudienceOptions } from './external-source.js';
import { externalSource, tokenRules } from './external-source.js';

export interface GitlabTokenSourceOptions extends FixedAudienceOptions {
  /** The name of the variable in the job's `id_tokens`: letters, digits and `_`. */
  readonly variable: string;
}

const VARIABLE = {
  pattern: /^[A-Za-z_]\w{0,254}$/,
  says: 'the name of the variable in `id_tokens` of .gitlab-ci.yml: letters, digits and _',
};

/**
 * The ID token of a GitLab CI/CD job, from the variable that `id_tokens` in `.gitlab-ci.yml` names. Its audience is set
 * there. It is valid for the timeout of the job, and there is never a newer one.
 *
 * @example
 * // .gitlab-ci.yml: id_tokens: { AWS_ID_TOKEN: { aud: https://gitlab.com/acme } }
 * const tokenSource = gitlabTokenSource({ variable: 'AWS_ID_TOKEN' });
 * @throws OptionError for an invalid option
 */
export function gitlabTokenSource(options: GitlabTokenSourceOptions): SubjectTokenSource {
  const rules = tokenRules('gitlabTokenSource', options, { variable: true });
  const variable = requiredString({ option: 'variable' }, rules.options.variable, VARIABLE);
  const lines = (audience: string): string =>
    `add \`id_tokens: { ${variable}: { aud: ${shown(JSON.stringify(audience))} } }\` to the job in .gitlab-ci.yml`;
  return externalSource(rules, {
    place: {
      provider: 'gitlab',
      named: `the variable ${variable}`,
      hints: {
        expired:
          'The token is valid for the `timeout` of the job. Run the job again, or raise its `timeout`.',
        unreadable: `The variable must be one that GitLab sets: ${lines('…')}.`,
        audience: (audience) => `GitLab sets the audience when it issues the token: ${lines(audience)}.`,
      },
    },
    requestsAudience: false,
    open: () => {
      const jwt = environmentVariable(variable);
      const read = async (): Promise<string> => {
        if (jwt !== undefined) return jwt;
        throw new FederationError({
          code: 'no_subject_token',
          provider: 'gitlab',
          message: `There is no GitLab ID token: the variable ${variable} is not set.`,
          hint: `GitLab sets it only in a CI/CD job: ${lines(rules.audience ?? '…')}.`,
        });
      };
      return { origin: [variable, environmentVariable('CI_JOB_ID') ?? null], read };
    },
  });
}
