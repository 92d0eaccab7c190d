/** The same code in CI and in a cluster: their tokens, shown to the cloud as Vercel's are. */

import { mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getAwsCredentials } from '@credex/aws';
import { createCredentialCache } from '@credex/core';
import type { SubjectTokenSource } from '@credex/core';
import {
  commandTokenSource,
  githubActionsTokenSource,
  gitlabTokenSource,
  kubernetesTokenSource,
  createAuthenticatedFetch,
  tokenFileSource,
  tokenSourceChain,
  vercelTokenSource,
} from '@credex/vercel';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { setDeployment, setEnvironment } from '../support/environment.js';
import { ISSUER, PRODUCTION_SUBJECT, trustPolicy } from '../support/trust.js';
import { useFixture } from '../support/use-fixture.js';

const fixture = useFixture();
const AUDIENCE = 'sts.amazonaws.com';
const ACCOUNT = '345678901234';
const roleOf = (name: string): string => `arn:aws:iam::${ACCOUNT}:role/${name}`;
const SUBJECTS = {
  github: 'repo:acme/shop:environment:production',
  gitlab: 'project_path:acme/shop:ref_type:branch:ref:main',
  pod: 'system:serviceaccount:shop:api',
};

let folder: string;
let runner: Server;
let asked = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'credex-sources-'));
  const { aws } = fixture.emulator;
  aws.createOpenIdConnectProvider({ accountId: ACCOUNT, url: ISSUER, clientIds: [AUDIENCE] });
  for (const [name, subject] of Object.entries({ ...SUBJECTS, vercel: PRODUCTION_SUBJECT }))
    aws.createRole({
      arn: roleOf(name),
      trustPolicy: trustPolicy(ISSUER.slice('https://'.length), AUDIENCE, [subject], ACCOUNT),
      policies: [],
    });
  runner = createServer((request, response) => {
    asked += 1;
    const audience = new URL(request.url ?? '', 'http://runner').searchParams.get('audience') ?? undefined;
    void tokenOf('github', { audience, lifetimeSeconds: 300 }).then((value) =>
      response.end(JSON.stringify({ count: value.length, value })),
    );
  });
  await new Promise<void>((ready) => runner.listen(0, '127.0.0.1', ready));
});
afterAll(async () => {
  runner.close();
  runner.closeAllConnections();
  await rm(folder, { recursive: true });
});
afterEach(() => {
  asked = 0;
});

/** None of Vercel's own claims: nothing may depend on them. */
const tokenOf = (
  who: keyof typeof SUBJECTS,
  more: { audience?: string | undefined; lifetimeSeconds?: number; jti?: number } = {},
): Promise<string> => {
  const { jti, ...overrides } = more;
  return fixture.mint({
    audience: AUDIENCE,
    ...overrides,
    claims: {
      sub: SUBJECTS[who],
      jti,
      scope: undefined,
      owner: undefined,
      owner_id: undefined,
      project: undefined,
      project_id: undefined,
      environment: undefined,
      plan: undefined,
    },
  });
};
const inJob = (): void =>
  setEnvironment({
    ACTIONS_ID_TOKEN_REQUEST_URL: `http://127.0.0.1:${(runner.address() as AddressInfo).port}/idtoken?api-version=2.0`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: `request-token-of-${expect.getState().currentTestName}`,
  });
const options = (role: string, tokenSource: SubjectTokenSource) => ({
  ...fixture.options.aws,
  roleArn: roleOf(role),
  cache: createCredentialCache(),
  tokenSource,
});
const github = (more: { identityKey?: string } = {}): SubjectTokenSource =>
  githubActionsTokenSource({ audience: AUDIENCE, allowLoopbackHttp: true, clock: fixture.clock, ...more });
const subjects = () => fixture.emulator.log.entries('aws-sts').map(({ notes }) => notes['subject']);

test('a GitHub Actions job: one token and one exchange, however many ask, and another with the next token', async () => {
  inJob();
  const all = options('github', github());
  await Promise.all(Array.from({ length: 20 }, () => getAwsCredentials(all)));
  expect([asked, subjects()]).toEqual([1, [SUBJECTS.github]]);
  fixture.emulator.clock.advance(298_000);
  await getAwsCredentials(all);
  expect([asked, subjects().length]).toEqual([2, 2]);
});

test('a job that says whose it is keeps its credential for as long as that lasts, with no runner to ask', async () => {
  inJob();
  const all = options('github', github({ identityKey: 'this job' }));
  const { accessKeyId } = await getAwsCredentials(all);
  fixture.emulator.clock.advance(30 * 60_000);
  setEnvironment({ ACTIONS_ID_TOKEN_REQUEST_TOKEN: undefined });
  expect((await getAwsCredentials(all)).accessKeyId).toBe(accessKeyId);
  expect([asked, subjects().length]).toEqual([1, 1]);
});

test("`audience` of the provider is the runner's to give", async () => {
  inJob();
  const source = githubActionsTokenSource({ allowLoopbackHttp: true, clock: fixture.clock });
  await expect(getAwsCredentials(options('github', source))).rejects.toMatchObject({
    provider: 'aws',
    code: 'token_rejected',
  });
  await getAwsCredentials({ ...options('github', source), audience: AUDIENCE });
  expect(subjects()).toEqual([undefined, SUBJECTS.github]);
});

test('a GitLab job, a program and a file', async () => {
  setEnvironment({ AWS_ID_TOKEN: await tokenOf('gitlab') });
  const path = join(folder, 'gitlab');
  await writeFile(path, await tokenOf('gitlab'));
  const { clock } = fixture;
  for (const source of [
    gitlabTokenSource({ variable: 'AWS_ID_TOKEN', audience: AUDIENCE, clock }),
    commandTokenSource({ command: 'cat', args: [path], clock, timeoutMs: 30_000 }),
    tokenFileSource({ path, clock }),
  ]) {
    const { accountId } = await getAwsCredentials(options('gitlab', source));
    expect(accountId).toBe(ACCOUNT);
  }
  expect(subjects()).toEqual(Array(3).fill(SUBJECTS.gitlab));
});

test("a pod's volume that turns over: the next exchange is made with the next token", async () => {
  const publish = async (jti: number): Promise<void> => {
    const turn = await mkdtemp(join(folder, '..turn-'));
    await writeFile(join(turn, 'token'), await tokenOf('pod', { jti }));
    await symlink(turn, join(folder, '..data_tmp'));
    await rename(join(folder, '..data_tmp'), join(folder, '..data'));
  };
  await publish(1);
  await symlink(join('..data', 'token'), join(folder, 'token'));
  const all = options('pod', kubernetesTokenSource({ path: join(folder, 'token'), clock: fixture.clock }));
  const first = await getAwsCredentials(all);
  expect((await getAwsCredentials(all)).accessKeyId).toBe(first.accessKeyId);
  await publish(2);
  expect((await getAwsCredentials(all)).accessKeyId).not.toBe(first.accessKeyId);
  expect(subjects()).toEqual([SUBJECTS.pod, SUBJECTS.pod]);
});

test('a chain: Vercel on Vercel, the job in CI, and never one for the other', async () => {
  const chain = tokenSourceChain(vercelTokenSource({ clock: fixture.clock }), github());
  const cache = createCredentialCache();
  const vercel = { ...options('vercel', chain), cache };
  const job = { ...options('github', chain), cache };
  inJob();
  await getAwsCredentials(job);
  setDeployment();
  const token = await fixture.mint({ audience: AUDIENCE });
  await fixture.inRequest(token, () => getAwsCredentials(vercel));
  expect(subjects()).toEqual([SUBJECTS.github, PRODUCTION_SUBJECT]);
  // The role of the job, requested within Vercel's request: the credential that is cached for the job is not served.
  await expect(fixture.inRequest(token, () => getAwsCredentials(job))).rejects.toMatchObject({
    code: 'access_denied',
  });
  // An expired header is no vacant place: the job's token must not stand in for it.
  const before = asked;
  const ended = await fixture.mint({ audience: AUDIENCE, issuedAt: 1_000, lifetimeSeconds: 60 });
  await expect(fixture.inRequest(ended, () => getAwsCredentials(job))).rejects.toMatchObject({
    code: 'subject_token_expired',
  });
  expect(asked).toBe(before);
});

test("an API of one's own: the deployment's token for that audience, verified keys and all", async () => {
  setDeployment();
  const api = createServer((request, response) => response.end(request.headers.authorization));
  await new Promise<void>((ready) => api.listen(0, '127.0.0.1', ready));
  const origin = `http://127.0.0.1:${(api.address() as AddressInfo).port}`;
  const own = createAuthenticatedFetch({
    origins: origin,
    audience: 'https://orders.acme.example',
    allowLoopbackHttp: true,
    clock: fixture.clock,
    tokenSource: vercelTokenSource({
      tokenEndpoint: `${fixture.emulator.url('issuer')}/~token`,
      allowLoopbackHttp: true,
      clock: fixture.clock,
    }),
  });
  const sent = await fixture.inRequest(await fixture.mint(), async () => {
    const answers = await Promise.all(Array.from({ length: 5 }, () => own(`${origin}/orders`)));
    return Promise.all(answers.map((answer) => answer.text()));
  });
  api.close();
  expect(new Set(sent).size).toBe(1);
  const [, payload = ''] = (sent[0] ?? '').split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
  expect([claims['aud'], claims['sub'], claims['iss']]).toEqual([
    'https://orders.acme.example',
    PRODUCTION_SUBJECT,
    ISSUER,
  ]);
  expect(fixture.emulator.log.count('issuer')).toBe(1);
});
