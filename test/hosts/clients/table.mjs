// The clients that this group type-checks and runs. The READMEs' tables "Works with" are made of it.
import { readFileSync } from 'node:fs';

/**
 * @typedef {object} Client
 * @property {'aws' | 'gcp' | 'azure'} cloud
 * @property {string} file In the folder of its cloud.
 * @property {string} name The package.
 * @property {string} [of] What of the package, where that is not its client.
 * @property {string} [variant] Another way to pass the credential to the client above it.
 * @property {string} [alias] The name it is installed by, where that is not its own.
 * @property {string} use How the credential is passed, as written in `file`.
 * @property {string} refusal Where the FederationError of a refused token is, from the error that the client throws.
 * @property {string} [note] For the README.
 */

const PROVIDER = 'credentials: awsCredentialsProvider(options.aws)';
const AUTH_CLIENT = 'authClient: googleAuthClient(options.gcp)';
const AUTH_OPTIONS = 'googleAuthOptions: { authClient: googleAuthClient(options.gcp) }';
const TOKEN_CREDENTIAL = 'azureCredentialsProvider(options.azure)';
const TOKEN_FUNCTION = 'async () => (await credential.getToken(SCOPE)).token';
const IN_THE_MESSAGE = 'error.message';

/** @type {readonly Client[]} */
export const CLIENTS = [
  { cloud: 'aws', file: 'client-s3', name: '@aws-sdk/client-s3', use: PROVIDER, refusal: 'error' },
  {
    cloud: 'aws',
    file: 'client-s3-plain',
    name: '@aws-sdk/client-s3',
    variant: 'plain credentials',
    use: 'credentials: await getAwsCredentials(options.aws)',
    refusal: 'error',
    note: 'the client uses them until they expire; pass the provider to have them refreshed',
  },
  { cloud: 'aws', file: 'lib-dynamodb', name: '@aws-sdk/lib-dynamodb', use: PROVIDER, refusal: 'error' },
  { cloud: 'aws', file: 'client-sqs', name: '@aws-sdk/client-sqs', use: PROVIDER, refusal: 'error' },
  {
    cloud: 'aws',
    file: 'client-bedrock-runtime',
    name: '@aws-sdk/client-bedrock-runtime',
    use: PROVIDER,
    refusal: 'error',
  },
  {
    cloud: 'aws',
    file: 's3-request-presigner',
    name: '@aws-sdk/s3-request-presigner',
    use: PROVIDER,
    refusal: 'error',
    note: 'a URL ends with the session that signed it',
  },
  { cloud: 'aws', file: 'rds-signer', name: '@aws-sdk/rds-signer', use: PROVIDER, refusal: 'error' },
  { cloud: 'aws', file: 'dsql-signer', name: '@aws-sdk/dsql-signer', use: PROVIDER, refusal: 'error' },
  {
    cloud: 'aws',
    file: 'credential-providers',
    name: '@aws-sdk/credential-providers',
    of: 'fromTemporaryCredentials',
    use: 'masterCredentials: awsCredentialsProvider(options.aws)',
    refusal: 'error',
  },
  {
    cloud: 'aws',
    file: 'ai-sdk-amazon-bedrock',
    name: '@ai-sdk/amazon-bedrock',
    use: 'credentialProvider: awsCredentialsProvider(options.aws)',
    refusal: IN_THE_MESSAGE,
  },
  {
    cloud: 'aws',
    file: 'anthropic-bedrock-sdk',
    name: '@anthropic-ai/bedrock-sdk',
    use: 'providerChainResolver: async () => awsCredentialsProvider(options.aws)',
    refusal: 'error.cause',
  },
  {
    cloud: 'aws',
    file: 'opensearch',
    name: '@opensearch-project/opensearch',
    use: "AwsSigv4Signer({ region, service: 'es', getCredentials: awsCredentialsProvider(options.aws) })",
    refusal: 'error',
    note: 'from `@opensearch-project/opensearch/aws-v3`',
  },
  {
    cloud: 'aws',
    file: 'mongodb',
    name: 'mongodb',
    use: 'AWS_CREDENTIAL_PROVIDER: awsCredentialsProvider(options.aws)',
    refusal: 'error.cause',
    note: '`MONGODB-AWS`; the driver asks for `@aws-sdk/credential-providers` to be installed, and does not use it',
  },
  {
    cloud: 'gcp',
    file: 'storage',
    name: '@google-cloud/storage',
    use: AUTH_CLIENT,
    refusal: 'error',
    note: 'for `getSignedUrl` see below',
  },
  {
    cloud: 'gcp',
    file: 'storage-7',
    name: '@google-cloud/storage',
    alias: '@google-cloud/storage-7',
    use: AUTH_CLIENT,
    refusal: 'error',
    note: 'the same',
  },
  { cloud: 'gcp', file: 'bigquery', name: '@google-cloud/bigquery', use: AUTH_CLIENT, refusal: 'error' },
  {
    cloud: 'gcp',
    file: 'firestore',
    name: '@google-cloud/firestore',
    use: AUTH_CLIENT,
    refusal: IN_THE_MESSAGE,
  },
  { cloud: 'gcp', file: 'pubsub', name: '@google-cloud/pubsub', use: AUTH_CLIENT, refusal: IN_THE_MESSAGE },
  {
    cloud: 'gcp',
    file: 'secret-manager',
    name: '@google-cloud/secret-manager',
    use: AUTH_CLIENT,
    refusal: IN_THE_MESSAGE,
  },
  {
    cloud: 'gcp',
    file: 'secret-manager-rest',
    name: '@google-cloud/secret-manager',
    variant: 'by REST',
    use: AUTH_CLIENT,
    refusal: 'error.cause.cause',
    note: '`fallback: true`',
  },
  { cloud: 'gcp', file: 'genai', name: '@google/genai', use: AUTH_OPTIONS, refusal: 'error' },
  {
    cloud: 'gcp',
    file: 'ai-sdk-google-vertex',
    name: '@ai-sdk/google-vertex',
    use: AUTH_OPTIONS,
    refusal: 'error',
  },
  {
    cloud: 'gcp',
    file: 'anthropic-vertex-sdk',
    name: '@anthropic-ai/vertex-sdk',
    use: AUTH_CLIENT,
    refusal: 'error.cause',
  },
  {
    cloud: 'gcp',
    file: 'googleapis',
    name: 'googleapis',
    use: 'auth: googleAuthClient(options.gcp)',
    refusal: 'error',
  },
  {
    cloud: 'gcp',
    file: 'googleapis-named-type',
    name: 'googleapis',
    variant: 'the type named',
    use: "auth: googleAuthClient<drive_v3.Options['auth']>(options.gcp)",
    refusal: 'error',
    note: 'compiles with google-auth-library 10 too',
  },
  {
    cloud: 'gcp',
    file: 'cloud-sql-connector',
    name: '@google-cloud/cloud-sql-connector',
    use: 'auth: googleAuthClient(options.gcp)',
    refusal: 'error',
  },
  {
    cloud: 'gcp',
    file: 'firebase-admin',
    name: 'firebase-admin',
    use: 'credential: gcpCredentialsProvider(options.gcp)',
    refusal: 'error.cause',
    note: 'its Firestore and Storage refuse every credential but a key or the default credentials: use `@google-cloud/firestore` and `@google-cloud/storage`',
  },
  {
    cloud: 'azure',
    file: 'storage-blob',
    name: '@azure/storage-blob',
    use: TOKEN_CREDENTIAL,
    refusal: 'error',
  },
  {
    cloud: 'azure',
    file: 'keyvault-secrets',
    name: '@azure/keyvault-secrets',
    use: TOKEN_CREDENTIAL,
    refusal: 'error',
  },
  {
    cloud: 'azure',
    file: 'cosmos',
    name: '@azure/cosmos',
    use: 'aadCredentials: azureCredentialsProvider(options.azure)',
    refusal: 'error',
  },
  {
    cloud: 'azure',
    file: 'service-bus',
    name: '@azure/service-bus',
    use: TOKEN_CREDENTIAL,
    refusal: 'error',
  },
  { cloud: 'azure', file: 'event-hubs', name: '@azure/event-hubs', use: TOKEN_CREDENTIAL, refusal: 'error' },
  {
    cloud: 'azure',
    file: 'arm-resources',
    name: '@azure/arm-resources',
    use: TOKEN_CREDENTIAL,
    refusal: 'error',
  },
  {
    cloud: 'azure',
    file: 'openai',
    name: 'openai',
    of: 'AzureOpenAI',
    use: `azureADTokenProvider: ${TOKEN_FUNCTION}`,
    refusal: 'error.cause',
  },
  {
    cloud: 'azure',
    file: 'openai-identity',
    name: 'openai',
    variant: '@azure/identity',
    use: 'azureADTokenProvider: getBearerTokenProvider(azureCredentialsProvider(options.azure), SCOPE)',
    refusal: 'error.cause',
  },
  {
    cloud: 'azure',
    file: 'ai-sdk-azure',
    name: '@ai-sdk/azure',
    use: `tokenProvider: ${TOKEN_FUNCTION}`,
    refusal: 'error',
  },
  {
    cloud: 'azure',
    file: 'tedious',
    name: 'tedious',
    use: 'credential: azureCredentialsProvider(options.azure)',
    refusal: 'error.errors',
    note: '`mssqlOptions` of `@credex/connect/mssql`; `error` is an AggregateError',
  },
];

const { dependencies } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));

/** The version that is installed of a client. */
export const versionOf = ({ name, alias = name }) => /[\d.]+$/.exec(dependencies[alias])?.[0];

/** The client's module, from this folder. */
export const fileOf = ({ cloud, file }) => `${cloud}/${file}.ts`;

const ARRIVES = {
  [IN_THE_MESSAGE]: 'in `error.message`',
  error: '`error` itself',
};

function labelOf({ name, of, variant }) {
  if (variant !== undefined) return `the same, ${variant.startsWith('@') ? `\`${variant}\`` : variant}`;
  return of === undefined ? `\`${name}\`` : `\`${of}\` of \`${name}\``;
}

/** The table of a cloud's README, as prettier writes it. */
export function worksWith(cloud) {
  const rows = CLIENTS.filter((client) => client.cloud === cloud).map((client) => [
    labelOf(client),
    versionOf(client),
    `\`${client.use.replaceAll(`options.${cloud}`, 'options').replaceAll('SCOPE', 'scope')}\``,
    ARRIVES[client.refusal] ?? `\`${client.refusal}\``,
    client.note ?? '',
  ]);
  const lines = [['client', 'version', 'pass', 'a refusal is', ''], ...rows];
  const widths = lines[0].map((_title, at) => Math.max(3, ...lines.map((line) => line[at].length)));
  const written = (cells) => `| ${cells.map((text, at) => text.padEnd(widths[at])).join(' | ')} |`;
  const rule = written(widths.map((width) => '-'.repeat(width)));
  return [written(lines[0]), rule, ...rows.map(written)].join('\n');
}
