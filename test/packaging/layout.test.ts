import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PROVIDERS, PACKAGES, ROOT, manifestOf, sideEffectsOf } from './packages.js';

/** The names of the values and types that a file exports. */
interface Exports {
  readonly values?: readonly string[];
  readonly types?: readonly string[];
}
type Layout = Readonly<Record<string, Exports>>;

/** The files of every cloud, with the same exports: a reader who knows one cloud package knows the others. */
function layoutOf(cloud: string, { response, sdk }: { response: string; sdk: string }): Layout {
  const Cloud = `${cloud[0]?.toUpperCase()}${cloud.slice(1)}`;
  const factory = [`${cloud}CredentialsProvider`, `get${Cloud}Credentials`];
  const options = [`${Cloud}CredentialsProviderOptions`];
  const types = ['Configuration', 'Credentials', 'CredentialsProvider', 'ExchangerFactory', 'Request'].map(
    (name) => `${Cloud}${name}`,
  );
  return {
    'index.ts': { values: factory, types: [...options, ...types] },
    [`${cloud}-credentials-provider.ts`]: { values: factory },
    [`${cloud}-exchanger.ts`]: { values: [`${cloud}Exchanger`], types: [`${Cloud}Exchange`] },
    'options.ts': { values: [`${cloud}Configuration`, `${cloud}Options`], types: options },
    'types.ts': { types },
    'direct-exchange.ts': { values: ['directExchanger'] },
    [`parse-${response}-response.ts`]: {
      values: [`${cloud}CredentialsOf`, `parseStored${Cloud}Credentials`],
    },
    [`classify-${cloud}-error.ts`]: { values: ['SERVER_CODES', `classify${Cloud}Error`] },
    'hints.ts': { values: ['HINTS'], types: ['HintName'] },
    [`${sdk}.ts`]: {},
  };
}

const NAMES = {
  aws: { response: 'sts', sdk: 'client-sts' },
  azure: { response: 'entra', sdk: 'identity' },
  gcp: { response: 'token', sdk: 'google-auth-library' },
} as const;

const PASSWORD_TYPES = ['AwsPasswordOptions', 'AwsSigningCredentials', 'AwsSigningIdentity'];

/** What a cloud has in addition, since its protocol or its SDK differs. */
const EXTRAS: Readonly<Record<keyof typeof NAMES, Layout>> = {
  aws: {
    'index.ts': {
      types: ['AwsAssumeRole', 'AwsHop', 'AwsHopRequest', 'AwsOptions', 'AwsSessionCredentials'],
    },
    'options.ts': { values: ['OPTION_NAMES'], types: ['AwsAssumeRole', 'AwsOptions'] },
    'types.ts': { types: ['AwsHop', 'AwsHopRequest', 'AwsSessionCredentials', 'GivenHop', 'RoleChain'] },
    'parse-sts-response.ts': { values: ['isJson', 'parseStsResponse', 'parseStsResult'] },
    'client-sts.ts': { values: ['clientStsExchanger'], types: ['ClientStsExchangerOptions'] },
    'region.ts': {
      values: [
        'PARTITION_NAMES',
        'REGION',
        'REGION_VARIABLES',
        'callingClientRegion',
        'configuredRegion',
        'partitionNamed',
        'partitionOfRegion',
        'regionInEffect',
        'requestedRegion',
        'stsHost',
      ],
      types: ['AwsPartition', 'ConfiguredRegion'],
    },
    'session.ts': {
      values: ['plainJson', 'requiredRoleArn', 'sessionName', 'sessionPolicies'],
      types: ['SessionPolicies'],
    },
    'sigv4.ts': {
      values: ['percentEncoded', 'presignedUrl', 'signedHeaders'],
      types: ['SigningKeys', 'SigningScope'],
    },
    // Chains of roles.
    'aws-exchanger.ts': { values: ['chainExchanger', 'givenHops'] },
    'role-chain.ts': { values: ['exchangeLastHop'] },
    'check-hops.ts': { values: ['TAG_VALUE', 'checkedHops'], types: ['CheckedHop'] },
    'classify-hop-error.ts': { values: ['classifyHopError'] },
    'direct-exchange.ts': { values: ['FORM', 'encodedForm', 'stsUrl'] },
    'sts-errors.ts': {
      values: ['SERVER_CODES', 'meaningOf', 'otherwise', 'readServerError'],
      types: ['Failed'],
    },
    // Passwords of databases and brokers.
    'password.ts': {
      values: [
        'passwordFunction',
        'passwordOptions',
        'requiredHostname',
        'requiredPort',
        'requiredUser',
        'signingRegion',
      ],
      types: ['AwsPasswordOptions', 'AwsSigningCredentials', 'AwsSigningIdentity', 'SignedTarget'],
    },
    'rds.ts': { values: ['rdsPassword'], types: ['RdsPasswordOptions', ...PASSWORD_TYPES] },
    'dsql.ts': { values: ['dsqlPassword'], types: ['DsqlPasswordOptions', ...PASSWORD_TYPES] },
    'elasticache.ts': {
      values: ['elastiCachePassword', 'memoryDbPassword'],
      types: ['ElastiCachePasswordOptions', 'MemoryDbPasswordOptions', ...PASSWORD_TYPES],
    },
    'msk.ts': { values: ['mskToken'], types: ['MskTokenOptions', ...PASSWORD_TYPES] },
    'sts-xml.ts': { values: ['characterOf', 'parseXml'], types: ['XmlElement', 'XmlNode'] },
  },
  azure: {
    'classify-azure-error.ts': { values: ['invalidRequest'], types: [] },
    'index.ts': { types: ['AzureAbortSignal', 'AzureTokenOptions'] },
    'options.ts': { values: ['OPTION_NAMES', 'scopesOf'] },
    'databases.ts': {
      values: ['azureDatabasePassword', 'azureRedisPassword', 'azureSqlCredential'],
      types: ['AzureDatabaseCredentials', 'AzureDatabaseOptions', 'AzureRedisPassword', 'AzureSqlCredential'],
    },
    'types.ts': { types: ['AzureAbortSignal', 'AzureTokenOptions'] },
    'parse-entra-response.ts': { values: ['parseEntraResponse'] },
    'identity.ts': {
      values: ['azureIdentityExchanger'],
      types: ['AzureIdentityClientOptions', 'AzureIdentityExchangerOptions'],
    },
    'authority.ts': {
      values: ['CHINA', 'US_GOVERNMENT', 'authorityOrigin', 'defaultAudience', 'tokenEndpoint'],
    },
    'request.ts': {
      values: ['azureRequest', 'callerSignal'],
      types: ['CallerSignal', 'PartialAzureRequest'],
    },
  },
  gcp: {
    'index.ts': { types: ['GcpOptions'] },
    'options.ts': { values: ['CLOUD_PLATFORM_SCOPE', 'OPTION_NAMES', 'normalScopes'], types: ['GcpOptions'] },
    'cloud-sql.ts': {
      values: ['alloyDbPassword', 'cloudSqlPassword', 'cloudSqlUser'],
      types: ['CloudSqlUserOptions', 'DatabasePasswordOptions'],
    },
    'gcp-exchanger.ts': { values: ['withNewFederatedToken'], types: ['GcpToken'] },
    'direct-exchange.ts': { values: ['bearerRequest', 'federated', 'successful'] },
    'hints.ts': { values: ['isIamCredentials'] },
    'id-token.ts': {
      values: ['gcpIdTokenProvider', 'getGcpIdToken'],
      types: ['GcpIdToken', 'GcpIdTokenOptions', 'GcpIdTokenProvider', 'GcpIdTokenRequest'],
    },
    'types.ts': { types: ['GcpIdToken', 'GcpIdTokenRequest'] },
    'id-token-exchanger.ts': {
      values: ['idTokenCredentialsOf', 'idTokenExchanger'],
      types: ['IdTokenConfiguration'],
    },
    'parse-token-response.ts': {
      values: [
        'SubjectTokenEndsError',
        'federatedExpiry',
        'parseGenerateAccessTokenResponse',
        'parseStsResponse',
      ],
      types: ['GcpStep', 'ServiceAccountToken', 'StsToken'],
    },
    'google-auth-library.ts': {
      values: ['googleAuthClient', 'googleAuthLibraryExchanger', 'idTokenClient'],
      types: ['AuthClientFor', 'GcpIdTokenOptions', 'GoogleAuthLibraryExchangerOptions', 'Transporter'],
    },
    'names.ts': {
      values: ['federatedPrincipal', 'iamCredentialsUrl', 'providerAudience', 'stsUrl'],
    },
  },
};

/** The sum of both, sorted as `exportsOf` sorts. */
function sum(common: Layout, extras: Layout): Layout {
  const files = [...Object.keys(common), ...Object.keys(extras)].sort();
  const both = (file: string, kind: keyof Exports): string[] =>
    [...(common[file]?.[kind] ?? []), ...(extras[file]?.[kind] ?? [])].sort();
  return Object.fromEntries(
    files.map((file) => [file, { values: both(file, 'values'), types: both(file, 'types') }]),
  );
}

const VALUE = /^export (?:async )?(?:const|function|class) (\w+)/gm;
const TYPE = /^export (?:interface|type) (\w+)/gm;
const LIST = /^export (type )?\{([^}]*)\}/gm;

/** The names that a source file exports. The linter refuses `export *` and default exports. */
function exportsOf(text: string): Required<Exports> {
  const lists = [...text.matchAll(LIST)].map(([, type, names = '']) => ({
    kind: type === undefined ? 'values' : 'types',
    names: names.split(',').flatMap((name) => name.trim() || []),
  }));
  const named = (kind: string): string[] => lists.flatMap((list) => (list.kind === kind ? list.names : []));
  const declared = (pattern: RegExp): string[] =>
    [...text.matchAll(pattern)].map(([, name]) => name as string);
  return {
    values: [...declared(VALUE), ...named('values')].sort(),
    types: [...declared(TYPE), ...named('types')].sort(),
  };
}

describe.each(PROVIDERS)('packages/%s/src', (cloud) => {
  const folder = join(ROOT, 'packages', cloud, 'src');
  const { sdk } = NAMES[cloud];
  const entries = readdirSync(folder).sort();
  const isTest = (file: string): boolean => /\.(?:test|fixture)\.ts$/.test(file);

  it('has the files of every cloud and their exports, and no others but the listed extras', () => {
    const sources = entries.filter((entry) => entry.endsWith('.ts') && !isTest(entry));
    const found = sources.map((file) => [file, exportsOf(readFileSync(join(folder, file), 'utf8'))]);
    expect(Object.fromEntries(found)).toEqual(sum(layoutOf(cloud, NAMES[cloud]), EXTRAS[cloud]));
  });

  it('has no folder but that of its SDK', () => {
    expect(entries.filter((entry) => !entry.endsWith('.ts'))).toEqual([sdk]);
  });

  it('has each test next to the file that it names, and one fixture', () => {
    for (const test of entries.filter(isTest).filter((file) => file !== `${cloud}.fixture.ts`)) {
      const subject = test.slice(0, -'.test.ts'.length);
      const isBeside = (entry: string): boolean =>
        !isTest(entry) && (subject === entry.slice(0, -3) || subject.startsWith(`${entry.slice(0, -3)}-`));
      expect(entries.filter((entry) => entry.endsWith('.ts')).some(isBeside), test).toBe(true);
    }
  });

  it('tests each hint, option and response where a newcomer looks', () => {
    const tested = ['options', 'direct-exchange', 'hints', `classify-${cloud}-error`, `${cloud}-exchanger`];
    for (const subject of tested) expect(entries).toContain(`${subject}.test.ts`);
  });
});

describe.each(PACKAGES)('packages/%s', (packageName) => {
  const read = (path: string): string => readFileSync(join(ROOT, 'packages', packageName, path), 'utf8');

  it('has a README under its own name', () => {
    expect(read('README.md').split('\n')[0]).toBe(`# ${manifestOf(packageName).name}`);
  });

  it('is published as the others are', () => {
    expect(JSON.parse(read('package.json'))).toMatchObject({
      license: 'MIT',
      type: 'module',
      sideEffects: sideEffectsOf(packageName),
      engines: { node: '>=20.19' },
      files: expect.arrayContaining(['dist', 'README.md', 'LICENSE']) as unknown,
      publishConfig: { access: 'public', provenance: true },
    });
  });
});

it('the decision records are numbered without a gap', () => {
  const records = readdirSync(join(ROOT, 'docs', 'decisions')).sort();
  const numbers = records.map((_record, index) => String(index + 1).padStart(4, '0'));
  expect(records.map((record) => record.slice(0, 4))).toEqual(numbers);
});
