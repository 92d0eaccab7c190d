// `npm run bench:warm`: what a call costs that finds its credential cached. Ours, the SDKs' own caches, and
// the least that an asynchronous lookup can cost. Arguments: the number of rounds (301), and a part of a name to run
// only those and the lookup.
import { S3Client } from '@aws-sdk/client-s3';
import { ClientAssertionCredential } from '@azure/identity';
import { awsCredentialsProvider, getAwsCredentials } from '@credex/aws';
import { azureCredentialsProvider, getAzureCredentials } from '@credex/azure';
import { azureIdentityExchanger } from '@credex/azure/identity';
import { gcpCredentialsProvider, getGcpCredentials } from '@credex/gcp';
import { IdentityPoolClient } from 'google-auth-library';
import { nanosecondsOf } from './interleaved.mjs';
import { inDeployment, optionsFor } from './warm-fixture.mjs';

const [rounds = '301', part = ''] = process.argv.slice(2);
const BARE = 'a Map, behind an async function';

function aws({ aws: options }) {
  const provider = awsCredentialsProvider(options);
  const region = async () => 'eu-west-1';
  const config = { callerClientConfig: { region } };
  const held = {
    accessKeyId: 'ASIAEXAMPLEEXAMPLE12',
    secretAccessKey: 'a'.repeat(40),
    sessionToken: 'b'.repeat(400),
    expiration: new Date(Date.now() + 3_600_000),
  };
  // The client memoizes a provider that doesn't say it does so itself.
  const memoizing = new S3Client({ region: 'eu-west-1', credentials: async () => held });
  const ours = new S3Client({ region: 'eu-west-1', credentials: provider });
  return {
    'credex aws, getCredentials()': () => provider.getCredentials(),
    'credex aws, provider(…) as a client calls it': () => provider(config),
    'credex aws, through an S3Client': () => ours.config.credentials(),
    'credex aws, getAwsCredentials(options)': () => getAwsCredentials(options),
    'AWS SDK, an S3Client that memoizes': () => memoizing.config.credentials(),
  };
}

function gcp({ gcp: options }, token) {
  const provider = gcpCredentialsProvider(options);
  const pool = `projects/${options.projectNumber}/locations/global/workloadIdentityPools/${options.workloadIdentityPoolId}`;
  const client = new IdentityPoolClient({
    audience: `//iam.googleapis.com/${pool}/providers/${options.workloadIdentityPoolProviderId}`,
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    token_url: `${options.stsEndpoint}/v1/token`,
    subject_token_supplier: { getSubjectToken: async () => token },
    scopes: ['https://www.googleapis.com/auth/cloud-platform'],
  });
  return {
    'credex gcp, getCredentials()': () => provider.getCredentials(),
    'credex gcp, getGcpCredentials(options)': () => getGcpCredentials(options),
    'google-auth-library, getAccessToken()': () => client.getAccessToken(),
  };
}

function azure({ azure: options }, token, ca) {
  const tlsOptions = { ca };
  const exchanger = azureIdentityExchanger({ clientOptions: { tlsOptions } });
  const ours = { ...options, exchanger };
  const provider = azureCredentialsProvider(ours);
  const { tenantId, clientId, authorityHost, scopes } = options;
  const credential = new ClientAssertionCredential(tenantId, clientId, async () => token, {
    authorityHost,
    disableInstanceDiscovery: true,
    tlsOptions,
  });
  return {
    'credex azure, getCredentials()': () => provider.getCredentials(),
    'credex azure, getToken(scope) as a client calls it': () => provider.getToken(scopes),
    // By then the credential is cached, so no exchanger is needed that trusts the emulator's certificate.
    'credex azure, getAzureCredentials(options)': () => getAzureCredentials(options),
    '@azure/identity, getToken(scope)': () => credential.getToken(scopes),
  };
}

function lookup() {
  const held = new Map([['key', { credential: {} }]]);
  return { [BARE]: async () => held.get('key') };
}

/** How often one call reads a clock. */
async function clockReads(run) {
  const { now } = Date;
  const { now: monotonic } = performance;
  let reads = 0;
  Date.now = () => (reads++, now());
  performance.now = () => (reads++, monotonic.call(performance));
  try {
    await run();
  } finally {
    Date.now = now;
    performance.now = monotonic;
  }
  return reads;
}

/** Nanoseconds of one read of a clock, without the wait that a call has. */
function readNs(read) {
  const READS = 200_000;
  const samples = Array.from({ length: 15 }, () => {
    const start = process.hrtime.bigint();
    for (let at = 0; at < READS; at += 1) read();
    return Number(process.hrtime.bigint() - start) / READS;
  });
  return samples.sort((a, b) => a - b)[7];
}

await inDeployment(async (emulator, token) => {
  const options = optionsFor(emulator);
  const all = { ...lookup(), ...aws(options), ...gcp(options, token), ...azure(options, token, emulator.ca) };
  const chosen = Object.fromEntries(
    Object.entries(all).filter(([name]) => name === BARE || name.includes(part)),
  );
  // The first call makes the exchange; from then on nothing may leave the process.
  for (const run of Object.values(chosen)) await run();
  emulator.log.clear();
  const ns = await nanosecondsOf(chosen, Number(rounds));

  const rows = [];
  for (const [name, run] of Object.entries(chosen)) {
    const reads = name === BARE ? 0 : await clockReads(run);
    rows.push([name, Math.round(ns[name]), `${(ns[name] / ns[BARE]).toFixed(2)} ×`, reads]);
  }
  const width = Math.max(...rows.map(([name]) => name.length));
  console.log(`${''.padEnd(width)}  ns a call     against the Map   clock reads`);
  for (const [name, each, ratio, reads] of rows)
    console.log(
      `${name.padEnd(width)}  ${String(each).padStart(9)}  ${ratio.padStart(15)}  ${String(reads).padStart(12)}`,
    );
  const [wall, mono] = [readNs(() => Date.now()), readNs(() => performance.now())];
  console.log(
    `\nDate.now() takes ${wall.toFixed(0)} ns here, performance.now() ${mono.toFixed(0)} ns. ` +
      `Node ${process.version}; the median of ${rounds} rounds in turns; ` +
      `${emulator.log.entries().length} requests were made meanwhile.`,
  );
});
