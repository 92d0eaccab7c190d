import type { SubjectTokenSource } from '@credex/core';
import { FederationError } from '@credex/core';
import { environmentVariable, requiredString, shown } from '@credex/core/driver';
import type { FixedAudienceOptions } from './elsewhere-options.js';
import { tokenRules } from './elsewhere-options.js';
import { elsewhereSource } from './elsewhere-subject.js';

export interface GitlabTokenSourceOptions extends FixedAudienceOptions {
  /** The variable that the job's `id_tokens` names: letters, digits and `_`. */
  readonly variable: string;
}

const VARIABLE = {
  pattern: /^[A-Za-z_]\w{0,254}$/,
  says: 'the name of the variable that `id_tokens` of .gitlab-ci.yml has: letters, digits and _',
};

/**
 * The ID token of a GitLab CI/CD job, from the variable that `id_tokens` in `.gitlab-ci.yml` names. Its audience is
 * fixed there, and it lasts as long as the job may: there is never a fresher one.
 *
 * @example
 * // .gitlab-ci.yml: id_tokens: { AWS_ID_TOKEN: { aud: https://gitlab.com/acme } }
 * const tokenSource = gitlabTokenSource({ variable: 'AWS_ID_TOKEN' });
 * @throws OptionError for an option that can't be honoured
 */
export function gitlabTokenSource(options: GitlabTokenSourceOptions): SubjectTokenSource {
  const rules = tokenRules('gitlabTokenSource', options, { variable: true });
  const variable = requiredString({ option: 'variable' }, rules.options.variable, VARIABLE);
  const lines = (audience: string): string =>
    `in .gitlab-ci.yml the job needs \`id_tokens: { ${variable}: { aud: ${shown(JSON.stringify(audience))} } }\``;
  return elsewhereSource(rules, {
    place: {
      provider: 'gitlab',
      named: `the variable ${variable}`,
      hints: {
        expired: 'The token lasts as long as the job may, by its `timeout`: start the job again.',
        unreadable: `The variable must be one that GitLab made: ${lines('…')}.`,
        audience: (audience) => `The audience is fixed with the token: ${lines(audience)}.`,
      },
    },
    asksAudience: false,
    open: () => {
      const jwt = environmentVariable(variable);
      const read = async (): Promise<string> => {
        if (jwt !== undefined) return jwt;
        throw new FederationError({
          code: 'no_subject_token',
          provider: 'gitlab',
          message: `There is no GitLab ID token: the variable ${variable} is not set.`,
          hint: `It is set in a CI/CD job only, and ${lines(rules.audience ?? '…')}.`,
        });
      };
      return { origin: [variable, environmentVariable('CI_JOB_ID') ?? null], read };
    },
  });
}
