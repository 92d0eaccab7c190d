/** What is wrong is the token: each cloud says so with the values that a person needs to put it right. */

import { beforeAll, beforeEach } from 'vitest';
import { setDeployment } from '../support/environment.js';
import { AUDIENCE, AWS, AZURE, GCP, ISSUER, principalOf } from '../support/trust.js';
import { useFixture } from '../support/use-fixture.js';
import { warmUp } from '../support/clouds.js';
import type { Row, Wanted } from './matrix.js';
import { everywhere, testRow } from './matrix.js';

const fixture = useFixture();
beforeAll(() => warmUp(fixture));
beforeEach(() => setDeployment());

const seconds = (): number => Math.floor(fixture.emulator.clock.now() / 1000);
const subject = (project: string, environment: string, team = 'acme'): string =>
  `owner:${team}:project:${project}:environment:${environment}`;

const { clientId } = AZURE;
const roleName = AWS.roleArn;
const OTHER_AUDIENCE = 'https://example.com/another';
const preview = subject('shop', 'preview');
const anotherProject = subject('warehouse', 'production');
const anotherCase = subject('Shop', 'production');
const renamed = subject('boutique', 'production');
const GLOBAL = 'https://oidc.vercel.com';

/** What Google says of a production token whose subject it doesn't know: only the service account refuses. */
const notTheServiceAccount = (sub: string): Wanted => ({
  code: 'access_denied',
  serverCode: 'PERMISSION_DENIED',
  hint: [GCP.serviceAccountEmail, principalOf(sub)],
  requests: 2,
});
const awsDenies = (sub: string): Wanted => ({
  code: 'access_denied',
  serverCode: 'AccessDenied',
  hint: [roleName, `'${sub}'`, AUDIENCE, 'oidc.vercel.com/acme'],
});

const both = (wanted: Wanted): Pick<Row['wants'], 'gcp federated' | 'gcp impersonated'> => ({
  'gcp federated': wanted,
  'gcp impersonated': wanted,
});

const ROWS: readonly Row[] = [
  {
    name: 'another audience',
    token: () => fixture.mint({ audience: OTHER_AUDIENCE }),
    wants: {
      aws: {
        code: 'token_rejected',
        serverCode: 'InvalidIdentityToken',
        hint: [OTHER_AUDIENCE, 'oidc.vercel.com/acme', AWS.accountId],
      },
      ...both({
        code: 'audience_mismatch',
        serverCode: 'invalid_grant',
        hint: [OTHER_AUDIENCE, GCP.workloadIdentityPoolProviderId],
      }),
      azure: { code: 'audience_mismatch', serverCode: 'AADSTS700212', hint: [OTHER_AUDIENCE, clientId] },
    },
  },
  {
    name: 'a preview token for production',
    token: () => fixture.mint({ environment: 'preview' }),
    wants: {
      aws: awsDenies(preview),
      ...both({
        code: 'subject_not_allowed',
        serverCode: 'unauthorized_client',
        hint: [preview, 'environment preview', GCP.workloadIdentityPoolProviderId],
      }),
      azure: { code: 'subject_not_allowed', serverCode: 'AADSTS700213', hint: [preview, clientId] },
    },
  },
  {
    name: "a developer's token for production",
    token: () => fixture.mint({ environment: 'development', userId: 'user_of_a_person' }),
    wants: {
      aws: awsDenies(subject('shop', 'development')),
      ...both({ code: 'subject_not_allowed', hint: [subject('shop', 'development')] }),
      azure: { code: 'subject_not_allowed', hint: [subject('shop', 'development')] },
    },
  },
  {
    name: "another project's production",
    token: () => fixture.mint({ project: 'warehouse', projectId: 'prj_warehouse' }),
    wants: {
      aws: awsDenies(anotherProject),
      // The pool lets every production deployment of the team in; who it is decides what it may reach.
      'gcp federated': 'issued',
      'gcp impersonated': notTheServiceAccount(anotherProject),
      azure: { code: 'subject_not_allowed', serverCode: 'AADSTS700213', hint: [anotherProject, clientId] },
    },
  },
  {
    name: 'the subject in other capitals',
    token: () => fixture.mint({ project: 'Shop' }),
    wants: {
      aws: awsDenies(anotherCase),
      'gcp federated': 'issued',
      'gcp impersonated': notTheServiceAccount(anotherCase),
      azure: { code: 'subject_case_mismatch', serverCode: 'AADSTS7002138', hint: [anotherCase, clientId] },
    },
  },
  {
    name: 'a project that was renamed, of the same id',
    token: () => fixture.mint({ project: 'boutique' }),
    wants: {
      aws: awsDenies(renamed),
      'gcp federated': 'issued',
      'gcp impersonated': notTheServiceAccount(renamed),
      azure: { code: 'subject_not_allowed', serverCode: 'AADSTS700213', hint: [renamed, clientId] },
    },
  },
  {
    name: 'the global issuer where the team is trusted',
    token: () => fixture.mint({ issuerMode: 'global' }),
    wants: {
      aws: {
        code: 'token_rejected',
        serverCode: 'InvalidIdentityToken',
        hint: [`'${GLOBAL}'`, 'global issuer mode', AWS.accountId],
      },
      ...both({ code: 'issuer_mismatch', serverCode: 'invalid_grant', hint: [`issuer is ${GLOBAL}.`] }),
      azure: { code: 'issuer_mismatch', serverCode: 'AADSTS700211', hint: [`'${GLOBAL}'`, ISSUER, 'global'] },
    },
  },
  {
    name: "another team's token",
    token: () => fixture.mint({ team: 'globex', teamId: 'team_globex' }),
    wants: {
      aws: { code: 'token_rejected', hint: [`'${GLOBAL}/globex'`, 'team issuer mode'] },
      ...both({ code: 'issuer_mismatch', hint: [`issuer is ${GLOBAL}/globex.`] }),
      azure: { code: 'issuer_mismatch', hint: [`'${GLOBAL}/globex'`, 'team'] },
    },
  },
  {
    name: 'a token that the cloud finds expired',
    token: () => fixture.mint({ issuedAt: seconds() - 7200, lifetimeSeconds: 3600 }),
    // What Vercel's own source has in hand it doesn't even send: see below.
    routes: ['function'],
    wants: {
      aws: { code: 'subject_token_expired', serverCode: 'ExpiredToken', hint: ['vercel env pull'] },
      ...both({ code: 'subject_token_expired', serverCode: 'invalid_grant', hint: ['vercel env pull'] }),
      azure: { code: 'subject_token_expired', serverCode: 'AADSTS700024', hint: ['vercel env pull'] },
    },
  },
  {
    name: 'a token that expired on the way',
    token: () => fixture.mint({ issuedAt: seconds() - 7200, lifetimeSeconds: 3600 }),
    routes: ['request'],
    wants: everywhere({
      code: 'subject_token_expired',
      provider: 'vercel',
      hint: ['inside the request handler that needs them'],
      requests: 0,
    }),
  },
  {
    name: 'a token that is not valid yet',
    token: () => fixture.mint({ notBefore: seconds() + 600 }),
    wants: {
      aws: { code: 'subject_token_not_yet_valid', serverCode: 'InvalidIdentityToken', hint: ['nbf'] },
      // Google has one sentence for both ends of a token's time.
      ...both({
        code: 'subject_token_expired',
        serverCode: 'invalid_grant',
        hint: ['had expired when Google received it'],
      }),
      azure: { code: 'subject_token_not_yet_valid', serverCode: 'AADSTS700024', hint: ['nbf'] },
    },
  },
  {
    name: 'a token that was tampered with',
    token: () => fixture.mint({ tamper: true }),
    wants: {
      aws: { code: 'token_rejected', serverCode: 'InvalidIdentityToken', hint: [`'${ISSUER}'`] },
      ...both({
        code: 'token_rejected',
        serverCode: 'invalid_grant',
        hint: ['changed after Vercel issued it'],
      }),
      azure: { code: 'token_rejected', serverCode: 'AADSTS7000274', hint: [`'${ISSUER}'`] },
    },
  },
  {
    name: 'a token signed with an unpublished key',
    token: () => fixture.mint({ signWith: 'unpublished' }),
    wants: {
      // AWS says the same of an issuer that it can't reach, which passes.
      aws: {
        code: 'unavailable',
        serverCode: 'InvalidIdentityToken',
        hint: [`'${ISSUER}'`],
        retryable: true,
        requests: 3,
      },
      ...both({
        code: 'unavailable',
        serverCode: 'invalid_grant',
        hint: [ISSUER, 'could not fetch the keys'],
        retryable: true,
        requests: 3,
      }),
      azure: { code: 'token_rejected', serverCode: 'AADSTS7000272', hint: [`'${ISSUER}'`] },
    },
  },
  {
    name: 'no token',
    token: () => undefined,
    routes: ['request'],
    presents: false,
    wants: everywhere({
      code: 'no_subject_token',
      provider: 'vercel',
      hint: ['OIDC federation'],
      requests: 0,
    }),
  },
  {
    name: 'no token from the function',
    token: () => undefined,
    routes: ['function'],
    presents: false,
    wants: everywhere({
      code: 'invalid_subject_token',
      provider: 'token-source',
      hint: ['exactly as its issuer sent it'],
      requests: 0,
    }),
  },
  {
    name: 'a token that is none',
    token: () => 'bm90LWEtdG9rZW4tYnV0LWEtc2VjcmV0.bm90LWEtdG9rZW4tYnV0LWEtc2VjcmV0.c2lnbmF0dXJl',
    routes: ['request'],
    presents: false,
    wants: everywhere({
      code: 'invalid_subject_token',
      provider: 'vercel',
      hint: ['VERCEL_OIDC_TOKEN', 'vercel env pull'],
      requests: 0,
    }),
  },
  {
    name: 'a token that is none, from the function',
    token: () => 'bm90LWEtdG9rZW4tYnV0LWEtc2VjcmV0.bm90LWEtdG9rZW4tYnV0LWEtc2VjcmV0.c2lnbmF0dXJl',
    routes: ['function'],
    presents: false,
    wants: everywhere({
      code: 'invalid_subject_token',
      provider: 'token-source',
      hint: ['exactly as its issuer sent it'],
      requests: 0,
    }),
  },
];

for (const row of ROWS) testRow(fixture, row);
