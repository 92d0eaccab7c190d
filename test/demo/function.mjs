// A serverless function in a separate process without a secret: it has only the token of the request. `DEMO_ENDPOINTS` (JSON) points it at the emulator; without it the real clouds are called.
import { AsyncLocalStorage } from 'node:async_hooks';
import { readFileSync } from 'node:fs';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { BlobServiceClient } from '@azure/storage-blob';
import { awsCredentialsProvider, getAwsCredentials } from '@credex/aws';
import { rdsPassword } from '@credex/aws/rds';
import { azureCredentialsProvider, getAzureCredentials } from '@credex/azure';
import { pgOptions } from '@credex/connect/pg';
import { FederationError } from '@credex/core';
import { getGcpCredentials } from '@credex/gcp';
import { googleAuthClient } from '@credex/gcp/google-auth-library';
import { createAuthenticatedFetch, vercelTokenSource } from '@credex/vercel';
import { Storage } from '@google-cloud/storage';
import pg from 'pg';

const live = process.env.DEMO_ENDPOINTS === undefined;
const endpoints = live ? {} : JSON.parse(process.env.DEMO_ENDPOINTS);
const need = (name) => {
  const value = process.env[name];
  if (value === undefined || value === '') throw new Error(`Set ${name}.`);
  return value;
};
const said = `written by credex at ${new Date().toISOString()}`;

const clouds = {
  aws: {
    name: 'AWS',
    missing: () => absent('AWS_ROLE_ARN', 'DEMO_S3_BUCKET'),
    options: () => (live ? {} : { endpoint: endpoints.awsSts }),
    credentials: (options) => getAwsCredentials(options),
    who: ({ accountId, accessKeyId }) =>
      `account ${accountId}, access key ${accessKeyId.slice(0, 4)}…, role ${need('AWS_ROLE_ARN')}`,
    async use(options) {
      const s3 = new S3Client({
        ...(live ? {} : { endpoint: endpoints.awsS3, forcePathStyle: true }),
        credentials: awsCredentialsProvider(options),
      });
      const object = { Bucket: need('DEMO_S3_BUCKET'), Key: 'credex/demo.txt' };
      await s3.send(new PutObjectCommand({ ...object, Body: said }));
      const { Body } = await s3.send(new GetObjectCommand(object));
      return { where: `s3://${object.Bucket}/${object.Key}`, text: await Body.transformToString() };
    },
  },
  gcp: {
    name: 'Google Cloud',
    missing: () =>
      absent(
        'GCP_PROJECT_NUMBER',
        'GCP_WORKLOAD_IDENTITY_POOL_ID',
        'GCP_WORKLOAD_IDENTITY_POOL_PROVIDER_ID',
        'DEMO_GCS_BUCKET',
      ),
    options: () =>
      live ? {} : { stsEndpoint: endpoints.gcpSts, iamCredentialsEndpoint: endpoints.gcpIamCredentials },
    credentials: (options) => getGcpCredentials(options),
    who: ({ principal }) => principal,
    async use(options) {
      const storage = new Storage({
        projectId: process.env.GCP_PROJECT_ID,
        authClient: googleAuthClient(options),
        ...(live ? {} : { apiEndpoint: endpoints.gcpStorage, useAuthWithCustomEndpoint: true }),
      });
      const file = storage.bucket(need('DEMO_GCS_BUCKET')).file('credex/demo.txt');
      await file.save(said, { resumable: false });
      const [text] = await file.download();
      return { where: `gs://${file.bucket.name}/${file.name}`, text: text.toString() };
    },
  },
  azure: {
    name: 'Azure',
    missing: () => absent('AZURE_TENANT_ID', 'AZURE_CLIENT_ID', 'DEMO_BLOB_CONTAINER_URL'),
    options: () => (live ? {} : { authorityHost: endpoints.entra }),
    credentials: (options) =>
      getAzureCredentials({ ...options, scopes: 'https://storage.azure.com/.default' }),
    who: () => `application ${need('AZURE_CLIENT_ID')} in tenant ${need('AZURE_TENANT_ID')}`,
    async use(options) {
      const url = new URL(need('DEMO_BLOB_CONTAINER_URL'));
      const [container] = url.pathname.split('/').slice(-1);
      const service = url.href.slice(0, -container.length - 1);
      const blobs = new BlobServiceClient(service, azureCredentialsProvider(options));
      const blob = blobs.getContainerClient(container).getBlockBlobClient('credex-demo.txt');
      await blob.upload(said, said.length);
      return { where: blob.url, text: (await blob.downloadToBuffer()).toString() };
    },
  },
};

function absent(...names) {
  return names.filter((name) => process.env[name] === undefined || process.env[name] === '');
}

const ownApi = {
  name: 'An API of your own',
  missing: () => absent('DEMO_OWN_API_URL', 'DEMO_OWN_API_AUDIENCE'),
  answer: askOwnApi,
};

const database = {
  name: 'PostgreSQL',
  missing: () => absent('DEMO_DATABASE_HOST', 'AWS_ROLE_ARN', 'AWS_REGION'),
  answer: useDatabase,
};

const parties = {
  ...Object.fromEntries(
    Object.entries(clouds).map(([path, cloud]) => [path, { ...cloud, answer: () => useCloud(cloud) }]),
  ),
  database,
  'own-api': ownApi,
};

/** The handler that Vercel calls. */
async function handle(request) {
  const party = parties[new URL(request.url).pathname.slice(1)];
  try {
    return Response.json({ name: party.name, ...(await party.answer()) });
  } catch (error) {
    if (!FederationError.isInstance(error)) throw error;
    const refused = { code: error.code, message: error.message };
    return Response.json({ name: party.name, refused }, { status: 502 });
  }
}

async function useCloud(cloud) {
  const options = cloud.options();
  const timed = async () => {
    const start = performance.now();
    const credentials = await cloud.credentials(options);
    return { credentials, ms: performance.now() - start };
  };
  const cold = await timed();
  const warm = await timed();
  const { where, text } = await cloud.use(options);
  return {
    became: cloud.who(cold.credentials),
    ends: new Date(cold.credentials.expiresAt).toISOString(),
    where,
    how: 'written and read back',
    good: text === said,
    coldMs: cold.ms,
    warmMs: warm.ms,
  };
}

/** Logs in to PostgreSQL as a user of Amazon RDS, with a password that is signed with the credentials of the role. */
async function useDatabase() {
  const host = need('DEMO_DATABASE_HOST');
  const port = Number(process.env.DEMO_DATABASE_PORT ?? 5432);
  const user = process.env.DEMO_DATABASE_USER ?? 'app';
  const name = process.env.DEMO_DATABASE_NAME ?? 'shop';
  // Amazon's authorities, or the emulator's.
  const caFile = process.env.DEMO_DATABASE_CA ?? process.env.NODE_EXTRA_CA_CERTS;
  const password = rdsPassword({ ...clouds.aws.options(), hostname: host, port, username: user });
  const ssl = { ca: caFile === undefined ? undefined : readFileSync(caFile, 'utf8') };
  const client = new pg.Client(pgOptions({ host, port, user, database: name, ssl, password }));
  const start = performance.now();
  await client.connect();
  try {
    const ms = performance.now() - start;
    await client.query('CREATE TEMPORARY TABLE demo (said text)');
    await client.query('INSERT INTO demo VALUES ($1)', [said]);
    const { rows } = await client.query(
      "SELECT said, current_user, current_setting('server_version') AS version FROM demo",
    );
    const { expiresAt } = await password.withExpiry();
    return {
      became: `user ${rows[0].current_user} of PostgreSQL ${rows[0].version}, with a password signed by the role`,
      ends: `${new Date(expiresAt).toISOString()} for logins`,
      where: `postgresql://${host}:${port}/${name}`,
      how: 'written and read back',
      good: rows[0].said === said,
      loginMs: ms,
    };
  } finally {
    await client.end();
  }
}

/** Gets a token for the audience of your own API from Vercel, and sends it to that API only. */
async function askOwnApi() {
  const url = need('DEMO_OWN_API_URL');
  const fetchOrders = createAuthenticatedFetch({
    origins: new URL(url).origin,
    audience: need('DEMO_OWN_API_AUDIENCE'),
    ...(live ? {} : { tokenSource: vercelTokenSource({ tokenEndpoint: endpoints.vercelToken }) }),
  });
  const response = await fetchOrders(url);
  if (response.ok) return { ...(await response.json()), where: url, how: 'asked', good: true };
  const message = `The API responded with ${response.status}, ${response.headers.get('www-authenticate')}.`;
  return { refused: { code: `HTTP ${response.status}`, message } };
}

// Like Vercel's runtime: each request has a context with its headers.
const requests = new AsyncLocalStorage();
globalThis[Symbol.for('@vercel/request-context')] = { get: () => requests.getStore() };
const serve = (request) =>
  requests.run({ headers: Object.fromEntries(request.headers) }, () => handle(request));

/** Sends one request to each cloud and to the API, with this token or with the one in the environment. */
export async function run(token) {
  const answers = [];
  for (const [path, party] of Object.entries(parties)) {
    const missing = party.missing();
    if (missing.length > 0) {
      answers.push({ name: party.name, skipped: `not configured: set ${missing.join(', ')}` });
      continue;
    }
    const headers = token === undefined ? {} : { 'x-vercel-oidc-token': token };
    const response = await serve(new Request(`https://shop.example/${path}`, { headers }));
    answers.push(await response.json());
  }
  return answers;
}

if (process.send !== undefined) {
  process.on('message', ({ token }) => {
    run(token).then(
      (answers) => process.send({ answers }),
      (error) => process.send({ failed: String(error?.stack ?? error) }),
    );
  });
  process.send({ ready: true });
}
