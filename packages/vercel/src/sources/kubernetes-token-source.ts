import type { SubjectTokenSource } from '@credex/core';
import { FederationError, OptionError } from '@credex/core';
import { environmentVariable, optionalString, shown } from '@credex/core/internal';
import type { FixedAudienceOptions } from './external-source.js';
import { externalSource, tokenRules } from './external-source.js';
import { nodeModule } from '../platform/runtime.js';
import { readTokenFile } from './token-file.js';

export interface KubernetesTokenSourceOptions extends FixedAudienceOptions {
  /**
   * The path of the projected service account token in the pod. Default: the file that AWS_WEB_IDENTITY_TOKEN_FILE (set
   * by EKS) or AZURE_FEDERATED_TOKEN_FILE (set by AKS) names; if both are set, they must be equal.
   */
  readonly path?: string | undefined;
}

const VARIABLES = ['AWS_WEB_IDENTITY_TOKEN_FILE', 'AZURE_FEDERATED_TOKEN_FILE'] as const;

/** The path of the token that gives access to the cluster's API. */
const API_TOKEN = /^(?:\/var)?\/run\/secrets\/kubernetes\.io\/serviceaccount\//;

/**
 * The projected service account token of a Kubernetes pod. The kubelet rotates the file, so it is read on each
 * exchange. Its audience is set in the pod's volume.
 *
 * @example
 * // volumes: [{ projected: { sources: [{ serviceAccountToken: { path: token, audience: sts.amazonaws.com } }] } }]
 * const tokenSource = kubernetesTokenSource({ path: '/var/run/secrets/tokens/token' });
 * @throws OptionError for an invalid option, and for the path of the token of the cluster's API, which must not leave
 *   the cluster
 */
export function kubernetesTokenSource(options: KubernetesTokenSourceOptions = {}): SubjectTokenSource {
  const rules = tokenRules('kubernetesTokenSource', options, { path: true });
  const given = optionalString({ option: 'path' }, rules.options.path);
  if (given !== undefined) refuseApiToken(given, undefined);
  return externalSource(rules, {
    place: {
      provider: 'kubernetes',
      named: 'the projected volume',
      hints: {
        expired:
          'The kubelet rotates the token at 80 % of its lifetime. Check that `path` is not a copy, such as a `subPath` mount.',
        unreadable: 'Set `path` to the file of a projected `serviceAccountToken`.',
        audience: (audience) =>
          `The volume of the pod sets the audience. Change it to \`serviceAccountToken: { path: …, audience: ${shown(JSON.stringify(audience))} }\`.`,
      },
    },
    requestsAudience: false,
    open: () => {
      const set = given === undefined ? variablesNow() : [];
      return {
        origin: [given ?? null, ...set.map(({ path }) => path)],
        async read({ signal }) {
          const file =
            given === undefined ? oneOf(set) : { path: given, named: '`path` names', variable: undefined };
          // A link may lead to it. A file that is not there is reported by the reader.
          const real = await nodeModule('node:fs/promises')
            .realpath(file.path)
            .catch(() => file.path);
          refuseApiToken(real, file.variable);
          return readTokenFile({ ...file, provider: 'kubernetes' }, signal);
        },
      };
    },
  });
}

interface SetVariable {
  readonly variable: string;
  readonly path: string;
}

function variablesNow(): readonly SetVariable[] {
  return VARIABLES.flatMap((variable) => {
    const path = environmentVariable(variable);
    return path === undefined ? [] : [{ variable, path }];
  });
}

interface NamedFile extends SetVariable {
  readonly named: string;
}

function oneOf([first, second]: readonly SetVariable[]): NamedFile {
  if (first === undefined) throw noPlace();
  if (second !== undefined && second.path !== first.path) {
    throw new OptionError(
      'conflicting_options',
      'path',
      first.variable,
      `${VARIABLES.join(' and ')} name different files. Pass as \`path\` the file with the audience that the cloud expects.`,
    );
  }
  refuseApiToken(first.path, first.variable);
  return { ...first, named: `${first.variable} names` };
}

function refuseApiToken(path: string, variable: string | undefined): void {
  if (!API_TOKEN.test(path.replace(/\/(?:\.?\/)+/g, '/'))) return;
  throw new OptionError(
    'invalid_option',
    'path',
    variable,
    `\`path\`${variable === undefined ? '' : ` (${variable})`} must not be the token of the cluster's API: whoever ` +
      'receives it can access the cluster. Project a separate `serviceAccountToken` with the audience of the cloud.',
  );
}

function noPlace(): FederationError {
  return new FederationError({
    code: 'no_subject_token',
    provider: 'kubernetes',
    message: `There is no Kubernetes token: \`path\` was not passed, and neither ${VARIABLES.join(' nor ')} is set.`,
    hint: 'Mount a projected `serviceAccountToken` with the audience that the cloud expects, and pass its `path`.',
  });
}
