/**
 * A token of preview inside a process whose variables say production (a header that was passed through, two apps in
 * one process): it neither fills nor finds nor spoils what production holds.
 */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Credential, CredentialCache, CredentialEvent } from '@credex/core';
import { createCredentialCache } from '@credex/core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { setDeployment, setEnvironment } from '../support/environment.js';
import { AUDIENCE, AWS, AZURE, GCP, ISSUER, principalOf, trustPolicy } from '../support/trust.js';
import { useFixture } from '../support/use-fixture.js';
import type { Cloud, CloudName } from '../support/clouds.js';
import { CLOUDS, tokenRequests, warmUp } from '../support/clouds.js';

const PREVIEW_SUBJECT = 'owner:acme:project:shop:environment:preview';
const PRODUCTION_SUBJECT = 'owner:acme:project:shop:environment:production';

const fixture = useFixture();
let folder: string;
let production: string;
let preview: string;
beforeAll(async () => {
  await warmUp(fixture);
  trustPreviewAsWell();
  folder = await mkdtemp(join(tmpdir(), 'credex-'));
  production = await fixture.mint();
  preview = await fixture.mint({ environment: 'preview' });
});
afterAll(() => rm(folder, { recursive: true }));
beforeEach(() => setDeployment('production'));

/** Targets that let both in, so that only the cache keeps the two apart. */
const OPEN: Readonly<Record<CloudName, object>> = {
  aws: { roleArn: `arn:aws:iam::${AWS.accountId}:role/shop-any` },
  'gcp federated': { workloadIdentityPoolProviderId: 'vercel-any' },
  'gcp impersonated': { workloadIdentityPoolProviderId: 'vercel-any' },
  azure: { clientId: '0a6f1c1e-93b1-4a0e-8f4f-0d1d6c5b7e01' },
};

function trustPreviewAsWell(): void {
  const { aws, gcp, azure } = fixture.emulator;
  const subjects = [PREVIEW_SUBJECT, PRODUCTION_SUBJECT];
  aws.createRole({
    arn: `arn:aws:iam::${AWS.accountId}:role/shop-any`,
    trustPolicy: trustPolicy('oidc.vercel.com/acme', AUDIENCE, subjects, AWS.accountId),
  });
  gcp.createProvider({
    projectNumber: GCP.projectNumber,
    poolId: GCP.workloadIdentityPoolId,
    providerId: 'vercel-any',
    issuerUri: ISSUER,
    allowedAudiences: [AUDIENCE],
    attributeMapping: { 'google.subject': 'assertion.sub' },
  });
  gcp.setServiceAccountBindings(GCP.serviceAccountEmail, [
    { role: 'roles/iam.workloadIdentityUser', members: subjects.map(principalOf) },
  ]);
  azure.createApplication({
    tenantId: AZURE.tenantId,
    clientId: '0a6f1c1e-93b1-4a0e-8f4f-0d1d6c5b7e01',
    federatedCredentials: subjects.map((subject, at) => ({
      name: `vercel-${at}`,
      issuer: ISSUER,
      subject,
      audience: AUDIENCE,
    })),
  });
}

/** How a token arrives next to the platform's variables. */
const ROUTES: Readonly<
  Record<string, (token: string, ask: () => Promise<Credential>) => Promise<Credential>>
> = {
  header: (token, ask) => fixture.inRequest(token, ask),
  VERCEL_OIDC_TOKEN: (token, ask) => {
    setEnvironment({ VERCEL_OIDC_TOKEN: token });
    return ask();
  },
  VERCEL_OIDC_TOKEN_FILE: async (token, ask) => {
    const path = join(folder, 'token');
    await writeFile(path, token);
    setEnvironment({ VERCEL_OIDC_TOKEN_FILE: path });
    return ask();
  },
};

describe.each(CLOUDS)('$name', (cloud: Cloud) => {
  const steps = cloud.second === undefined ? 1 : 2;

  describe.each(Object.keys(ROUTES))('by %s', (route) => {
    const as = ROUTES[route] as (typeof ROUTES)[string];
    const events: CredentialEvent[] = [];
    const ask = (cache: CredentialCache, more: object) => (): Promise<Credential> =>
      cloud.get(fixture, { cache, random: () => 0, onEvent: (event) => void events.push(event) }, more);
    beforeEach(() => void events.splice(0));

    test('what is refused for preview spoils nothing of production', async () => {
      const cache = createCredentialCache();
      // Refused first, in an empty cache: production is not held up by it.
      await expect(as(preview, ask(cache, {}))).rejects.toMatchObject({
        presented: { environment: 'preview', sub: PREVIEW_SUBJECT },
      });
      const afterRefusal = tokenRequests(fixture, cloud);
      const held = await as(production, ask(cache, {}));
      expect(tokenRequests(fixture, cloud)).toBe(afterRefusal + steps);
      expect(await as(production, ask(cache, {}))).toEqual(held);
      expect(tokenRequests(fixture, cloud)).toBe(afterRefusal + steps);
    });

    test('what preview is given is not found by production', async () => {
      const cache = createCredentialCache();
      const others = await as(preview, ask(cache, OPEN[cloud.name]));
      expect(tokenRequests(fixture, cloud)).toBe(steps);
      const held = await as(production, ask(cache, OPEN[cloud.name]));
      expect(tokenRequests(fixture, cloud)).toBe(2 * steps);
      expect(held).not.toEqual(others);
      // Each goes on finding its own.
      expect(await as(production, ask(cache, OPEN[cloud.name]))).toEqual(held);
      // A file is the process's own, and isn't read where the process holds a credential.
      if (route !== 'VERCEL_OIDC_TOKEN_FILE')
        expect(await as(preview, ask(cache, OPEN[cloud.name]))).toEqual(others);
      expect(tokenRequests(fixture, cloud)).toBe(2 * steps);
    });
  });

  describe.each(['header', 'VERCEL_OIDC_TOKEN'])('by %s', (route) => {
    const as = ROUTES[route] as (typeof ROUTES)[string];
    const ask = (cache: CredentialCache, more: object) => (): Promise<Credential> =>
      cloud.get(fixture, { cache, random: () => 0 }, more);

    test('what production holds is not found by preview', async () => {
      const cache = createCredentialCache();
      const held = await as(production, ask(cache, {}));
      const before = tokenRequests(fixture, cloud);
      await expect(as(preview, ask(cache, {}))).rejects.toMatchObject({ name: 'FederationError' });
      expect(tokenRequests(fixture, cloud)).toBe(before + 1);
      expect(await as(production, ask(cache, {}))).toEqual(held);
      const others = await as(preview, ask(cache, OPEN[cloud.name]));
      expect(await as(production, ask(cache, OPEN[cloud.name]))).not.toEqual(others);
      expect(await as(production, ask(cache, {}))).toEqual(held);
    });

    test('a project that was renamed goes on with what it holds: its id is the same', async () => {
      const cache = createCredentialCache();
      const held = await as(production, ask(cache, {}));
      const before = tokenRequests(fixture, cloud);
      expect(await as(await fixture.mint({ project: 'boutique' }), ask(cache, {}))).toEqual(held);
      expect(tokenRequests(fixture, cloud)).toBe(before);
    });

    test('both at once are two exchanges', async () => {
      const cache = createCredentialCache();
      const of = (token: string): Promise<Credential> => as(token, ask(cache, OPEN[cloud.name]));
      const [one, other, again] = await Promise.all([of(production), of(preview), of(production)]);
      expect(one).not.toEqual(other);
      expect(again).toEqual(one);
      expect(tokenRequests(fixture, cloud)).toBe(2 * steps);
    });
  });
});
