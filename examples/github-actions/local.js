// The deployment on this machine: an emulator stands for AWS, and a server on loopback for GitHub's token service.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { startEmulator } from '@credex/testing/emulator';
import { upload } from './upload.js';

const GITHUB = 'https://token.actions.githubusercontent.com';
const JOB = {
  iss: GITHUB,
  sub: 'repo:acme/shop:environment:production',
  repository: 'acme/shop',
  repository_id: '123456',
  ref: 'refs/heads/main',
  environment: 'production',
};
// The emulator makes tokens of Vercel: the claims of the job replace those that GitHub does not have.
const VERCEL = {
  team: 'acme',
  teamId: 'team_acme',
  project: 'shop',
  projectId: 'prj_shop',
  environment: 'production',
};
const NOT_GITHUB = {
  scope: undefined,
  owner: undefined,
  owner_id: undefined,
  project: undefined,
  project_id: undefined,
  plan: undefined,
};

const seed = JSON.parse(await readFile(new URL('credex.emulator.json', import.meta.url), 'utf8'));
const emulator = await startEmulator({ seed });
emulator.issuer.addIssuer(GITHUB);
emulator.log.subscribe(({ method, path, status, notes }) =>
  console.log(status, notes.action ?? `${method} ${path}`),
);

// What the runner has: it returns a token of the job for the audience that the job asks for.
const runner = createServer(async ({ url = '' }, response) => {
  const audience = new URL(url, 'http://localhost').searchParams.get('audience') ?? 'https://github.com/acme';
  const value = await emulator.issuer.mint({ ...VERCEL, audience, claims: { ...NOT_GITHUB, ...JOB } });
  response.end(JSON.stringify({ value }));
});
await new Promise((resolve) => runner.listen(0, '127.0.0.1', () => resolve(undefined)));
const { port } = /** @type {import('node:net').AddressInfo} */ (runner.address());

// What GitHub and the workflow set.
Object.assign(process.env, {
  ACTIONS_ID_TOKEN_REQUEST_URL: `http://127.0.0.1:${port}/idtoken?api-version=2.0`,
  ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'the-token-of-this-job',
  AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/github-deploy',
  AWS_REGION: 'eu-west-1',
  AWS_ENDPOINT_URL_S3: emulator.url('aws-s3'),
  BUCKET: 'shop-website',
});

try {
  await upload({
    github: { allowLoopbackHttp: true },
    sts: { endpoint: emulator.url('aws-sts'), allowLoopbackHttp: true },
  });
} finally {
  runner.close();
  await emulator.close();
}
