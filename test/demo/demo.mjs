// `npm run demo`: exchanges a Vercel token for credentials of three clouds, and uses them with the official clients. Runs
// against the emulator; with `--live`, against the clouds that are configured in environment variables.
import { fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AUDIENCE, AWS, AZURE, GCP, OWN_API_AUDIENCE, TEAM } from './names.mjs';
import { printRefusal, printSuccess } from './print.mjs';
import { setUpTrust } from './set-up-trust.mjs';

process.exitCode = process.argv.includes('--live') ? await live() : await emulated();

async function emulated() {
  const { startEmulator } = await import('@credex/testing/emulator');
  const { startDatabase } = await import('./database.mjs');
  const emulator = await startEmulator();
  const folder = await mkdtemp(join(tmpdir(), 'credex-demo-'));
  try {
    setUpTrust(emulator);
    await emulator.writeCa(join(folder, 'ca.pem'));
    const caFile = join(folder, 'ca.pem');
    const api = await startOwnApi(emulator, caFile);
    try {
      const database = await startDatabase(emulator);
      try {
        const call = await startFunction(emulator, caFile, api.url, database?.environment);
        try {
          return await runAndPrint(emulator, call.run, api.log);
        } finally {
          call.stop();
        }
      } finally {
        await database?.stop();
      }
    } finally {
      api.stop();
    }
  } finally {
    await emulator.close();
    await rm(folder, { recursive: true });
  }
}

async function runAndPrint(emulator, run, apiLog) {
  console.log(
    'An emulator of the Vercel issuer and of three clouds runs on loopback over TLS, and so does an example API.',
  );
  console.log(
    `The clouds and the API trust the project ${TEAM.project} of the team ${TEAM.team}, in production only. The audience of the clouds is ${AUDIENCE}, that of the API is ${OWN_API_AUDIENCE}.`,
  );

  console.log(
    '\nA production request: credex exchanges its token, and the official client of each cloud writes and reads an object. It also logs in to a PostgreSQL database and calls the API.',
  );
  const trusted = await run(await emulator.issuer.mint({ ...TEAM, environment: 'production' }));
  trusted.forEach(print);

  console.log(
    '\nA preview request in the same process: all of them refuse it, although credentials for production are cached.',
  );
  const preview = await run(await emulator.issuer.mint({ ...TEAM, environment: 'preview' }));
  preview.filter(isAsked).forEach(print);
  apiLog.forEach((line) => console.log(`    The log of the API: ${line}.`));

  const good =
    trusted.filter(isAsked).every((answer) => answer.good === true) &&
    preview.filter(isAsked).every((answer) => answer.refused !== undefined);
  console.log(
    good
      ? `\nThree clouds, ${trusted.every(isAsked) ? 'a database ' : ''}and your own API, without a stored secret.`
      : '\nSomething above failed: a production request must succeed, and a preview request must be refused.',
  );
  return good ? 0 : 1;
}

function isAsked(answer) {
  return answer.skipped === undefined;
}

function print(answer) {
  if (answer.skipped !== undefined)
    console.log(
      `\n  ${answer.name}: left out, because this machine has none. Install it (Debian and Ubuntu: apt-get install postgresql; macOS: brew install postgresql) and run the demo again.`,
    );
  else if (answer.refused === undefined) printSuccess(answer);
  else printRefusal(answer);
}

/** Starts the function in a separate process, like a deployment. Its environment has the clouds' ids, but no secret. */
async function startFunction(emulator, caFile, ownApiUrl, databaseEnvironment) {
  const { child, heard } = await start('function.mjs', caFile, {
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    VERCEL: '1',
    VERCEL_ENV: 'production',
    VERCEL_TARGET_ENV: 'production',
    VERCEL_PROJECT_ID: TEAM.projectId,
    AWS_ROLE_ARN: AWS.roleArn,
    AWS_REGION: AWS.region,
    GCP_PROJECT_NUMBER: GCP.projectNumber,
    GCP_WORKLOAD_IDENTITY_POOL_ID: GCP.workloadIdentityPoolId,
    GCP_WORKLOAD_IDENTITY_POOL_PROVIDER_ID: GCP.workloadIdentityPoolProviderId,
    GCP_SERVICE_ACCOUNT_EMAIL: GCP.serviceAccountEmail,
    GCP_PROJECT_ID: GCP.projectId,
    AZURE_TENANT_ID: AZURE.tenantId,
    AZURE_CLIENT_ID: AZURE.clientId,
    DEMO_S3_BUCKET: AWS.bucket,
    DEMO_GCS_BUCKET: GCP.bucket,
    DEMO_BLOB_CONTAINER_URL: `${emulator.tlsUrl('azure-blob')}/${AZURE.account}/${AZURE.container}`,
    ...databaseEnvironment,
    DEMO_OWN_API_URL: ownApiUrl,
    DEMO_OWN_API_AUDIENCE: OWN_API_AUDIENCE,
    DEMO_ENDPOINTS: JSON.stringify({
      vercelToken: `${emulator.tlsUrl('issuer')}/~token`,
      awsSts: emulator.tlsUrl('aws-sts'),
      awsS3: emulator.tlsUrl('aws-s3'),
      gcpSts: emulator.tlsUrl('gcp-sts'),
      gcpIamCredentials: emulator.tlsUrl('gcp-iam-credentials'),
      gcpStorage: emulator.tlsUrl('gcp-storage'),
      entra: emulator.tlsUrl('entra'),
    }),
  });
  return {
    async run(token) {
      child.send({ token });
      const message = await heard();
      if (message.failed !== undefined) throw new Error(message.failed);
      return message.answers;
    },
    stop: () => child.kill(),
  };
}

async function startOwnApi(emulator, caFile) {
  const settings = {
    ...TEAM,
    audience: OWN_API_AUDIENCE,
    certificate: emulator.serverCertificate,
    jwksUri: `${emulator.tlsUrl('issuer')}/${TEAM.team}/.well-known/jwks`,
  };
  const { child, ready } = await start('own-api.mjs', caFile, { OWN_API: JSON.stringify(settings) });
  const log = [];
  child.on('message', (message) => log.push(message.log));
  return { url: `https://127.0.0.1:${ready.port}/orders`, log, stop: () => child.kill() };
}

/** Starts a process that trusts the emulator's certificate authority. `ready` is its first message. */
async function start(file, caFile, environment) {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), {
    env: { PATH: process.env.PATH, NODE_EXTRA_CA_CERTS: caFile, ...environment },
  });
  const heard = () =>
    new Promise((resolve, reject) => {
      const leave = (code) => reject(new Error(`The process ${file} exited with code ${code}.`));
      child.once('exit', leave);
      child.once('message', (message) => {
        child.off('exit', leave);
        resolve(message);
      });
    });
  return { child, heard, ready: await heard() };
}

async function live() {
  const { run } = await import('./function.mjs');
  const answers = await run(undefined);
  for (const answer of answers) {
    if (answer.skipped !== undefined) console.log(`\n  ${answer.name}: ${answer.skipped}`);
    else if (answer.refused !== undefined) printRefusal(answer);
    else printSuccess(answer);
  }
  const tried = answers.filter((answer) => answer.skipped === undefined);
  return tried.length > 0 && tried.every((answer) => answer.good === true) ? 0 : 1;
}
