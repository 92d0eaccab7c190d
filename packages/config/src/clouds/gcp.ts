/** Entries of Google Cloud. */

import type { Grammar } from '@credex/core/internal';
import { SERVICE_ACCOUNT_EMAIL } from '@credex/core/internal';
import type { CommonEntry, ConfigCloud } from './cloud.js';

/** A principal of Google Cloud. The options are those of `gcpCredentialsProvider`. */
export interface GcpEntry extends CommonEntry {
  readonly provider: 'gcp';
  readonly projectNumber: string;
  readonly workloadIdentityPoolId: string;
  readonly workloadIdentityPoolProviderId: string;
  readonly serviceAccountEmail?: string | undefined;
  readonly delegates?: readonly string[] | undefined;
  readonly scopes?: string | readonly string[] | undefined;
  readonly lifetimeSeconds?: number | undefined;
  readonly projectId?: string | undefined;
  readonly quotaProjectId?: string | undefined;
  /** In code only, because it determines the hosts that the token is sent to. */
  readonly universeDomain?: string | undefined;
  /** In code only. */
  readonly stsEndpoint?: string | undefined;
  /** In code only. */
  readonly iamCredentialsEndpoint?: string | undefined;
}

const POOL_ID: Grammar = {
  pattern: /^[a-z0-9-]{4,32}$/,
  says: '4 to 32 letters a to z, digits and hyphens',
};
const PROJECT: Grammar = {
  pattern: /^(?:(?:[a-z0-9-]+(?:\.[a-z0-9-]+)+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]|[1-9]\d{0,18})$/,
  says: "a project's id such as my-project, or its number",
};

export const gcp: ConfigCloud<GcpEntry> = {
  options: {
    projectNumber: {
      kind: 'string',
      required: true,
      grammar: {
        pattern: /^[1-9]\d{0,18}$/,
        says: "the project's number as a string of digits (not its id)",
      },
      about: 'The number of the project that contains the pool.',
    },
    workloadIdentityPoolId: {
      kind: 'string',
      required: true,
      grammar: POOL_ID,
      about: 'The workload identity pool.',
    },
    workloadIdentityPoolProviderId: {
      kind: 'string',
      required: true,
      grammar: POOL_ID,
      about: 'The provider in that pool.',
    },
    serviceAccountEmail: {
      kind: 'string',
      grammar: SERVICE_ACCOUNT_EMAIL,
      about: 'The service account to impersonate. Default: none.',
    },
    delegates: {
      kind: 'list',
      grammar: {
        pattern: new RegExp(
          SERVICE_ACCOUNT_EMAIL.pattern.source.replace('^', '^(?:projects/-/serviceAccounts/)?'),
        ),
        says: SERVICE_ACCOUNT_EMAIL.says,
      },
      about:
        'The delegation chain to that service account: service accounts, the first one first. Default: none.',
    },
    scopes: {
      kind: 'strings',
      about: 'OAuth scopes: a list, or a space-separated string. Default: cloud-platform.',
    },
    lifetimeSeconds: {
      kind: 'integer',
      range: [600, 43_200],
      about: "The lifetime of the service account's token in seconds. Default: 3600.",
    },
    projectId: { kind: 'string', grammar: PROJECT, about: 'The project that clients use.' },
    quotaProjectId: {
      kind: 'string',
      grammar: PROJECT,
      about: 'The project that is billed for API usage.',
    },
    universeDomain: { kind: 'code', about: 'Default: googleapis.com.' },
    stsEndpoint: { kind: 'code', about: 'The URL of another token service.' },
    iamCredentialsEndpoint: { kind: 'code', about: 'The URL of another IAM Credentials API.' },
  },
  login: {
    name: 'gcloud application default',
    exchanger: async (option) => (await import('./gcp-login.js')).gcpLogin(option),
  },
};
