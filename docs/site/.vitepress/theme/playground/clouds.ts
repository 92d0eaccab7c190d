/** The three clouds as the page names them: what to paste, and where it goes in the input of `explain`. */

import type { ExplainInput, TokenClaims } from '@credex/explain';

export interface PolicyField {
  readonly name: 'policy' | 'identityProvider' | 'serviceAccountPolicy' | 'projectPolicy';
  readonly label: string;
  readonly command: string;
}

export interface PlaygroundCloud {
  readonly id: ExplainInput['cloud'];
  readonly label: string;
  /** The first one is required. */
  readonly fields: readonly PolicyField[];
}

export const CLOUDS: readonly PlaygroundCloud[] = [
  {
    id: 'aws',
    label: 'AWS',
    fields: [
      { name: 'policy', label: 'Trust policy of the role', command: 'aws iam get-role --role-name ROLE' },
      {
        name: 'identityProvider',
        label: 'Identity provider (optional)',
        command: 'aws iam get-open-id-connect-provider --open-id-connect-provider-arn ARN',
      },
    ],
  },
  {
    id: 'gcp',
    label: 'Google Cloud',
    fields: [
      {
        name: 'policy',
        label: 'Provider of the workload identity pool',
        command:
          'gcloud iam workload-identity-pools providers describe PROVIDER --workload-identity-pool POOL --location global --format json',
      },
      {
        name: 'serviceAccountPolicy',
        label: 'Allow policy of the service account (optional)',
        command: 'gcloud iam service-accounts get-iam-policy EMAIL --format json',
      },
      {
        name: 'projectPolicy',
        label: 'Allow policies of the project and above (optional)',
        command: 'gcloud projects get-ancestors-iam-policy PROJECT --format json',
      },
    ],
  },
  {
    id: 'azure',
    label: 'Azure',
    fields: [
      {
        name: 'policy',
        label: 'Federated credentials of the application',
        command: 'az ad app federated-credential list --id CLIENT_ID',
      },
    ],
  },
];

export const FIELD_NAMES = ['policy', 'identityProvider', 'serviceAccountPolicy', 'projectPolicy'] as const;

export type PolicyTexts = Readonly<Record<PolicyField['name'], string>>;

/** The input of `explain`: a field that is left empty is not part of it. */
export function inputOf(cloud: PlaygroundCloud, texts: PolicyTexts, claims: TokenClaims): ExplainInput {
  const shown = new Set(cloud.fields.map(({ name }) => name));
  const given = (name: PolicyField['name']) => shown.has(name) && texts[name].trim() !== '';
  return {
    cloud: cloud.id,
    policy: texts.policy,
    claims,
    ...(given('identityProvider') && { identityProvider: texts.identityProvider }),
    ...(given('serviceAccountPolicy') && { serviceAccountPolicy: texts.serviceAccountPolicy }),
    ...(given('projectPolicy') && { projectPolicies: [texts.projectPolicy] }),
  };
}
