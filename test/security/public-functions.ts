// Longer than 300 lines: one list of all public functions that take options.
/**
 * The public functions that take options, each called with the least that it needs. Which options there are, each
 * function says itself, from the table that the compiler holds against its type.
 */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { awsCredentialsProvider } from '@credex/aws';
import { clientStsExchanger } from '@credex/aws/client-sts';
import { dsqlPassword } from '@credex/aws/dsql';
import { elastiCachePassword, memoryDbPassword } from '@credex/aws/elasticache';
import { mskToken } from '@credex/aws/msk';
import { rdsPassword } from '@credex/aws/rds';
import { azureCredentialsProvider } from '@credex/azure';
import { azureDatabasePassword, azureRedisPassword, azureSqlCredential } from '@credex/azure/databases';
import { azureIdentityExchanger } from '@credex/azure/identity';
import type { SubjectTokenSource } from '@credex/core';
import { createCredentialCache } from '@credex/core';
import { gcpCredentialsProvider } from '@credex/gcp';
import { alloyDbPassword, cloudSqlPassword, cloudSqlUser } from '@credex/gcp/cloud-sql';
import { googleAuthClient, googleAuthLibraryExchanger } from '@credex/gcp/google-auth-library';
import { gcpIdTokenProvider } from '@credex/gcp/id-token';
import {
  commandTokenSource,
  githubActionsTokenSource,
  gitlabTokenSource,
  kubernetesTokenSource,
  createAuthenticatedFetch,
  requestTokenSource,
  tokenFileSource,
  vercelTokenSource,
} from '@credex/vercel';
import { localTokenSource } from '@credex/vercel/local';
import { createTokenVerifier } from '@credex/verify';
import { createCredentials, loadConfig } from 'credex';
import type { Recorder } from './polluted.js';
import { CLAIMS, clock, jwt } from './polluted.js';

export interface PublicFunction {
  readonly name: string;
  /** Calls it with options: for the names that it knows. */
  readonly known: (options: object) => unknown;
  /** Its least options. `recorder.fetch` is among them unless `fetch` itself is what is tried. */
  readonly run: (recorder: Recorder, options: object) => Promise<unknown>;
  readonly least: object;
  /** Whether it takes `fetch` and `clock`. */
  readonly network: boolean;
}

const signal = new AbortController().signal;
const TOKEN = jwt(CLAIMS);
const ROLE = 'arn:aws:iam::123456789012:role/app';
const POOL = {
  projectNumber: '123456789012',
  workloadIdentityPoolId: 'vercel',
  workloadIdentityPoolProviderId: 'vercel',
};
const ACCOUNT = 'app@shop-project.iam.gserviceaccount.com';
const TENANT = '00000000-0000-4000-8000-000000000001';
const CLIENT = '00000000-0000-4000-8000-000000000002';
const VERIFIER = {
  team: 'acme',
  audience: 'https://api.example',
  allow: [{ projectId: 'prj_shop', environment: 'production' }],
};

const tokenOf = async (source: SubjectTokenSource, audience?: string): Promise<unknown> => {
  const subject = source.capture();
  const token = await subject.token({ audience, fresh: false, signal });
  return { identityKey: subject.identityKey, jwt: token.jwt };
};

/** One credential from an empty cache. */
const fresh = ({ token }: Recorder) => ({
  tokenSource: () => token,
  cache: createCredentialCache(),
  random: () => 0,
});

function clouds(): readonly PublicFunction[] {
  const settings = {
    aws: { provider: 'aws', roleArn: ROLE },
    gcp: { provider: 'gcp', ...POOL },
    azure: { provider: 'azure', tenantId: TENANT, clientId: CLIENT },
  } as const;
  return [
    {
      name: 'awsCredentialsProvider',
      known: (options) => awsCredentialsProvider(options),
      run: (recorder, options) => awsCredentialsProvider({ ...fresh(recorder), ...options })(),
      least: { roleArn: ROLE },
      network: true,
    },
    {
      name: 'gcpCredentialsProvider',
      known: (options) => gcpCredentialsProvider(options),
      run: (recorder, options) => gcpCredentialsProvider({ ...fresh(recorder), ...options }).getCredentials(),
      least: { ...POOL, serviceAccountEmail: ACCOUNT },
      network: true,
    },
    {
      name: 'azureCredentialsProvider',
      known: (options) => azureCredentialsProvider(options),
      run: (recorder, options) =>
        azureCredentialsProvider({ ...fresh(recorder), ...options }).getToken(
          'https://vault.azure.net/.default',
        ),
      least: { tenantId: TENANT, clientId: CLIENT },
      network: true,
    },
    {
      name: 'gcpIdTokenProvider',
      known: (options) => gcpIdTokenProvider(options as never),
      run: (recorder, options) =>
        gcpIdTokenProvider({ ...fresh(recorder), ...options } as never).getCredentials(),
      least: { ...POOL, serviceAccountEmail: ACCOUNT, targetAudience: 'https://api.example' },
      network: true,
    },
    {
      name: 'googleAuthClient',
      known: (options) => googleAuthClient(options),
      run: async (recorder, options) => {
        const client = googleAuthClient({ ...fresh(recorder), ...options });
        const { serviceAccountImpersonationUrl } = client as unknown as Readonly<Record<string, unknown>>;
        return { serviceAccountImpersonationUrl, token: await client.getAccessToken() };
      },
      least: { ...POOL, serviceAccountEmail: ACCOUNT },
      network: true,
    },
    ...[cloudSqlPassword, alloyDbPassword, azureDatabasePassword, azureRedisPassword].map(
      (create): PublicFunction => ({
        name: create.name,
        known: (options) => create(options),
        run: (recorder, options) => create({ ...fresh(recorder), ...options })(),
        least: create.name.startsWith('azure')
          ? { tenantId: TENANT, clientId: CLIENT }
          : { ...POOL, serviceAccountEmail: ACCOUNT },
        network: true,
      }),
    ),
    ...awsPasswords(),
    {
      name: 'azureSqlCredential',
      known: (options) => azureSqlCredential(options),
      run: (recorder, options) => azureSqlCredential({ ...fresh(recorder), ...options }).getToken(),
      least: { tenantId: TENANT, clientId: CLIENT },
      network: true,
    },
    ...Object.entries(settings).map(([cloud, entry]): PublicFunction => {
      const open = (own: object, options: object) =>
        createCredentials({ credentials: { it: { ...entry, ...own } } } as never, options);
      return {
        name: `an entry of ${cloud} in createCredentials`,
        known: (options) => open(options, {}),
        run: (recorder, own) =>
          open(own, { ...fresh(recorder), fetch: recorder.fetch, clock }).getCredentials('it' as never),
        least: {},
        network: false,
      };
    }),
    {
      name: 'createCredentials',
      known: (options) => createCredentials({ credentials: settings }, options),
      run: (recorder, options) =>
        createCredentials({ credentials: settings }, { ...fresh(recorder), ...options }).getCredentials(
          'gcp',
        ),
      least: {},
      network: true,
    },
    ...(['aws', 'gcp', 'azure'] as const).map((cloud): PublicFunction => ({
      name: `createCredentials, its settings for ${cloud}`,
      known: (options) => createCredentials({ credentials: settings }, { [cloud]: options }),
      run: (recorder, options) =>
        createCredentials(
          { credentials: settings },
          { ...fresh(recorder), fetch: recorder.fetch, clock, [cloud]: options },
        ).getCredentials(cloud),
      least: {},
      network: false,
    })),
    {
      name: 'Credentials.authorize',
      known: (options) =>
        createCredentials({ credentials: settings }).authorize(
          'https://storage.googleapis.com/',
          options as never,
        ),
      run: async (recorder, options) => {
        const { fetch } = recorder;
        const credentials = createCredentials(
          { credentials: settings },
          { ...fresh(recorder), fetch, clock },
        );
        const request = await credentials.authorize('https://storage.googleapis.com/o', options as never);
        return { url: request.url, method: request.method, headers: Object.fromEntries(request.headers) };
      },
      least: { name: 'gcp' },
      network: false,
    },
  ];
}

function sources(folder: string): readonly PublicFunction[] {
  const file = join(folder, 'token');
  writeFileSync(file, TOKEN);
  const source = (
    name: string,
    make: (options: never, recorder?: Recorder) => SubjectTokenSource,
    least: object,
    network = false,
    audience?: string,
  ): PublicFunction => ({
    name,
    known: (options) => make({ ...least, ...options } as never),
    run: (recorder, options) => tokenOf(make(options as never, recorder), audience),
    least: { clock, ...least },
    network,
  });
  return [
    source('vercelTokenSource', vercelTokenSource, { local: false }, true),
    source(
      'requestTokenSource',
      (options: object, recorder?: Recorder) =>
        requestTokenSource({ headers: { 'x-vercel-oidc-token': recorder?.token ?? TOKEN } }, options),
      {},
      true,
      'https://api.example',
    ),
    source('githubActionsTokenSource', githubActionsTokenSource, {}, true),
    source('gitlabTokenSource', gitlabTokenSource, { variable: 'THE_TOKEN' }),
    source('kubernetesTokenSource', kubernetesTokenSource, {}),
    source('tokenFileSource', tokenFileSource, { path: file }),
    source('commandTokenSource', commandTokenSource, {
      command: '/bin/echo',
      args: [TOKEN],
    }),
    source('localTokenSource', localTokenSource, { directory: folder, homeDirectory: folder }, true),
  ];
}

/** The functions of AWS that sign passwords: the exchange is theirs, the signature needs no request. */
function awsPasswords(): readonly PublicFunction[] {
  const aws = { roleArn: ROLE, region: 'eu-west-1' };
  const hostname = 'db.example.com';
  const functions = [
    [rdsPassword, { hostname, port: 5432, username: 'app' }],
    [dsqlPassword, { hostname }],
    [elastiCachePassword, { cacheName: 'shop', userId: 'app' }],
    [memoryDbPassword, { clusterName: 'shop', userName: 'app' }],
    [mskToken, {}],
  ] as const;
  return functions.map(([create, own]): PublicFunction => {
    const made = create as (options: object) => () => Promise<string>;
    return {
      name: create.name,
      known: (options) => made(options),
      run: (recorder, options) => made({ ...fresh(recorder), ...options })(),
      least: { ...aws, ...own },
      network: true,
    };
  });
}

function others(folder: string): readonly PublicFunction[] {
  return [
    {
      name: 'createAuthenticatedFetch',
      known: (options) => createAuthenticatedFetch({ origins: 'https://api.example', ...options }),
      run: async (_recorder, options) => {
        const fetch = createAuthenticatedFetch({
          origins: 'https://api.example',
          tokenSource: () => TOKEN,
          ...options,
        });
        return (await fetch('https://api.example/orders')).status;
      },
      least: {},
      network: true,
    },
    {
      name: 'createTokenVerifier',
      known: (options) => createTokenVerifier(options as never),
      run: async (_recorder, options) => {
        const verifier = createTokenVerifier({ ...VERIFIER, ...options });
        const code = await verifier.verify(jwt({ ...CLAIMS, aud: 'https://api.example' })).then(
          () => 'let in',
          (error: unknown) => (error as { readonly code?: unknown }).code,
        );
        return { code, rules: verifier.rules };
      },
      least: {},
      network: true,
    },
    {
      name: 'createCredentialCache',
      known: (options) => createCredentialCache(options),
      run: async (_recorder, options) => createCredentialCache(options),
      least: {},
      network: false,
    },
    {
      name: 'loadConfig',
      known: (options) => loadConfig(options),
      run: (_recorder, options) => loadConfig(options),
      least: { directory: folder },
      network: false,
    },
    {
      name: 'clientStsExchanger',
      known: (options) => clientStsExchanger(options),
      run: async (_recorder, options) => Object.keys(clientStsExchanger(options)),
      least: {},
      network: false,
    },
    {
      name: 'googleAuthLibraryExchanger',
      known: (options) => googleAuthLibraryExchanger(options),
      run: async (_recorder, options) => typeof googleAuthLibraryExchanger(options),
      least: {},
      network: false,
    },
    {
      name: 'cloudSqlUser',
      known: (options) => cloudSqlUser(options as never),
      run: async (_recorder, options) => cloudSqlUser(options as never),
      least: { engine: 'postgres', serviceAccountEmail: ACCOUNT },
      network: false,
    },
    {
      name: 'azureIdentityExchanger',
      known: (options) => azureIdentityExchanger(options),
      run: async (_recorder, options) => typeof azureIdentityExchanger(options),
      least: {},
      network: false,
    },
  ];
}

export const publicFunctions = (folder: string): readonly PublicFunction[] => [
  ...clouds(),
  ...sources(folder),
  ...others(folder),
];
