// A process behind a proxy, which makes each kind of request under each behaviour of it, and prints what came of them.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { getAwsCredentials } from '@credex/aws';
import { getAzureCredentials } from '@credex/azure';
import { createCredentialCache } from '@credex/core';
import { getGcpCredentials } from '@credex/gcp';
import { githubActionsTokenSource, vercelTokenSource } from '@credex/vercel';
import { localTokenSource } from '@credex/vercel/local';
import { createTokenVerifier } from '@credex/verify';
import { BEHAVIOURS, forgedToken, startProxy } from './proxy.mjs';

const { certificates, honest, token, sdks, folder } = JSON.parse(process.env.ATTEMPTS);
// Retries at once.
Math.random = () => 0;

const proxy = await startProxy(certificates, honest);
process.env.HTTPS_PROXY = proxy.url;
process.env.VERCEL_OIDC_TOKEN = token;
process.env.ACTIONS_ID_TOKEN_REQUEST_URL = 'https://pipelines.actions.githubusercontent.com/1/idtoken?v=1';
process.env.ACTIONS_ID_TOKEN_REQUEST_TOKEN = 'runner-secret';
mkdirSync(join(folder, 'cli'), { mode: 0o700 });
writeFileSync(join(folder, 'cli', 'auth.json'), JSON.stringify({ token: 'cli-secret' }), { mode: 0o600 });

const AWS = { roleArn: 'arn:aws:iam::123456789012:role/shop-production', region: 'eu-west-1' };
const GCP = {
  projectNumber: '742613904155',
  workloadIdentityPoolId: 'vercel',
  workloadIdentityPoolProviderId: 'vercel',
};
const AZURE = {
  tenantId: '6c1b7f5e-2a4d-4f7e-9a55-3c1d6b3f0a11',
  clientId: 'f3d2a9c4-8e17-4b0a-b6de-51c0a7e94d22',
};
const read = (source, audience) =>
  source.capture().token({ audience, fresh: false, signal: new AbortController().signal });
const fresh = (more) => ({ cache: createCredentialCache(), tokenSource: () => token, ...more });

const KINDS = {
  sts: () => getAwsCredentials(fresh(AWS)),
  google: () => getGcpCredentials(fresh(GCP)),
  entra: () => getAzureCredentials(fresh(AZURE)),
  audience: () => read(vercelTokenSource({ local: false }), `https://api.example.com/${Math.random()}`),
  keys: () =>
    createTokenVerifier({
      team: 'acme',
      audience: 'https://api.example.com',
      allow: [{ projectId: 'prj_shop', environment: 'production' }],
    }).verify(forgedToken({ aud: 'https://api.example.com' })),
  runner: () => read(githubActionsTokenSource({ audience: 'sts.amazonaws.com' })),
  laptop: () =>
    read(
      localTokenSource({
        projectId: 'prj_shop',
        teamId: 'team_acme',
        via: 'api',
        homeDirectory: folder,
        configDirectory: join(folder, 'cli'),
      }),
    ),
};

if (sdks) {
  const [{ STSClient }, { clientStsExchanger }, { googleAuthLibraryExchanger }, { azureIdentityExchanger }] =
    await Promise.all([
      import('@aws-sdk/client-sts'),
      import('@credex/aws/client-sts'),
      import('@credex/gcp/google-auth-library'),
      import('@credex/azure/identity'),
    ]);
  const { ProxyAgent } = await import('proxy-agent');
  const client = new STSClient({ region: AWS.region, requestHandler: { httpsAgent: new ProxyAgent() } });
  const { roleArn } = AWS;
  // Their clients say nothing of a connection that ends after 101.
  const timeoutMs = 1_000;
  KINDS['client-sts'] = () =>
    getAwsCredentials(fresh({ roleArn, timeoutMs, exchanger: clientStsExchanger({ client }) }));
  KINDS['google-auth-library'] = () =>
    getGcpCredentials(fresh({ ...GCP, timeoutMs, exchanger: googleAuthLibraryExchanger() }));
  KINDS['@azure/identity'] = () =>
    getAzureCredentials(fresh({ ...AZURE, timeoutMs, exchanger: azureIdentityExchanger() }));
}

const outcome = async (attempt) => {
  try {
    await attempt();
    return 'accepted';
  } catch (error) {
    return `${error.code}: ${error.message}`;
  }
};

const outcomes = {};
for (const behaviour of Object.keys(BEHAVIOURS)) {
  proxy.behave(behaviour);
  const entries = Object.entries(KINDS).map(async ([kind, attempt]) => [kind, await outcome(attempt)]);
  outcomes[behaviour] = Object.fromEntries(await Promise.all(entries));
}
proxy.behave('honest');
const before = proxy.asked.length;
const trueProxy = await outcome(KINDS.sts);
const secrets = [token, 'runner-secret', 'cli-secret'];
const leaked = proxy.received.some((text) => secrets.some((secret) => text.includes(secret)));
process.stdout.write(JSON.stringify({ outcomes, leaked, trueProxy, asked: proxy.asked.slice(before) }));
proxy.close();
