/**
 * A polluted `Object.prototype` (CWE-1321) decides nothing: not where a token goes, not whose it is, not who is let in.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AzureTokenOptions } from '@credex/azure';
import { azureCredentialsProvider } from '@credex/azure';
import { awsCredentialsProvider } from '@credex/aws';
import type { CredentialCall } from '@credex/core';
import { FederationError, createCredentialCache } from '@credex/core';
import { gcpCredentialsProvider } from '@credex/gcp';
import { createAuthenticatedFetch } from '@credex/vercel';
import type { Recorder } from './polluted.js';
import {
  ATTACKER,
  CLAIMS,
  NOW,
  bareEnvironment,
  clock,
  hostileValues,
  jwt,
  namesKnownTo,
  polluted,
  traceOf,
  variablesReadBy,
} from './polluted.js';
import { publicFunctions } from './public-functions.js';

const folder = mkdtempSync(join(tmpdir(), 'credex-polluted-'));
const ATTACKERS = jwt({ ...CLAIMS, project: 'attacker', project_id: 'prj_attacker' });

beforeEach(() => {
  bareEnvironment();
  vi.useFakeTimers({ now: NOW, toFake: ['Date'] });
});
afterAll(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

type Work = (recorder: Recorder) => Promise<unknown>;

/** Runs it once as it is and once for each value. */
async function expectUnmoved(name: string, work: Work, mayFail = false): Promise<void> {
  const clean = await traceOf(work);
  expect(clean).not.toContain('attacker');
  for (const value of hostileValues(ATTACKERS)) {
    const dirty = await polluted(name, value, () => traceOf(work));
    // The runtime's own code reads some names by inheritance, and throws: then nothing may have been sent otherwise.
    const failed = mayFail && !dirty.includes('"returned"') && clean.includes(sentIn(dirty));
    if (!failed) expect(dirty, `${name} = ${String(value)}`).toBe(clean);
  }
}

/** The requests, without the bracket at their end: some of them are a part of all. */
const sentIn = (trace: string): string => trace.slice(trace.indexOf('"sent":'), -2);

describe.each(publicFunctions(folder).map((one) => [one.name, one] as const))('%s', (_name, one) => {
  const options = (recorder: Recorder, without: string): object => {
    const network = one.network ? { fetch: recorder.fetch, clock } : {};
    return Object.fromEntries(
      Object.entries({ ...network, ...one.least }).filter(([name]) => name !== without),
    );
  };

  it('is moved by no inherited option', async () => {
    const names = await namesKnownTo(one.known);
    expect(names).not.toHaveLength(0);
    for (const name of names) {
      // Without its own fetch it would use the network: then the inherited one must not be called.
      const own = name === 'fetch' ? '' : name;
      const needed = own in one.least ? '' : own;
      await expectUnmoved(
        name,
        (recorder) => one.run(recorder, options(recorder, needed)),
        name === 'signal',
      );
    }
  });

  it('proposes the option that a misspelt one is nearest to', async () => {
    for (const name of await namesKnownTo(one.known)) {
      const misspelt = `${name.slice(0, -1)}_${name.slice(-1)}`;
      const call = async (): Promise<unknown> => one.known({ [misspelt]: 1 });
      await expect(call()).rejects.toThrow(`Did you mean \`${name}\`?`);
    }
  });

  it('is moved by no inherited environment variable', async () => {
    const work: Work = (recorder) => one.run(recorder, options(recorder, ''));
    for (const name of await variablesReadBy(() => traceOf(work))) await expectUnmoved(name, work);
  });
});

/** A member that is added to the type but not here does not compile. */
const names = <T>(table: { readonly [Name in keyof T]-?: true }): readonly string[] => Object.keys(table);

describe('what is given in addition to options', () => {
  const common = (recorder: Recorder) => ({
    fetch: recorder.fetch as never,
    clock,
    tokenSource: () => recorder.token,
    cache: createCredentialCache(),
  });
  const aws = (recorder: Recorder) =>
    awsCredentialsProvider({ ...common(recorder), roleArn: 'arn:aws:iam::123456789012:role/app' });
  const gcp = (recorder: Recorder) =>
    gcpCredentialsProvider({
      ...common(recorder),
      projectNumber: '123456789012',
      workloadIdentityPoolId: 'vercel',
      workloadIdentityPoolProviderId: 'vercel',
    });
  const azure = (recorder: Recorder) =>
    azureCredentialsProvider({
      ...common(recorder),
      tenantId: '00000000-0000-4000-8000-000000000001',
      clientId: '00000000-0000-4000-8000-000000000002',
    });

  it.each(
    names<CredentialCall<unknown>>({ signal: true, forceRefresh: true, minValidityMs: true, request: true }),
  )('the call option %s', async (name) => {
    for (const provider of [aws, gcp, azure]) {
      await expectUnmoved(name, (recorder) => provider(recorder).getCredentials());
      await expectUnmoved(name, (recorder) => provider(recorder).getCredentials({}));
      await expectUnmoved(name, async (recorder) => provider(recorder).status({}));
    }
    await expectUnmoved(name, (recorder) => aws(recorder)({}));
  });

  it.each(['region', 'scopes', 'tenantId', 'enableCae', 'claims', 'callerClientConfig'])(
    'the request member %s',
    async (name) => {
      for (const provider of [aws, gcp, azure])
        await expectUnmoved(name, (recorder) => provider(recorder).getCredentials({ request: {} }));
      await expectUnmoved(name, (recorder) => aws(recorder)({ callerClientConfig: {} }));
    },
  );

  it.each(
    names<AzureTokenOptions>({
      abortSignal: true,
      requestOptions: true,
      tracingOptions: true,
      claims: true,
      enableCae: true,
      tenantId: true,
      proofOfPossessionOptions: true,
    }),
  )('the option %s of getToken', async (name) => {
    const scope = 'https://vault.azure.net/.default';
    await expectUnmoved(name, (recorder) => azure(recorder).getToken(scope, { requestOptions: {} }));
    await expectUnmoved('timeout', (recorder) => azure(recorder).getToken(scope, { requestOptions: {} }));
  });

  it.each([
    'method',
    'headers',
    'body',
    'redirect',
    'signal',
    'mode',
    'cache',
    'credentials',
    'agent',
    'dispatcher',
  ])('the member %s of what fetch is given', async (name) => {
    for (const provider of [aws, gcp, azure])
      await expectUnmoved(name, (recorder) => provider(recorder).getCredentials());
    await expectUnmoved(name, async (recorder) => {
      const fetch = createAuthenticatedFetch({
        ...common(recorder),
        cache: undefined,
        origins: 'https://api.example',
      } as never);
      return [(await fetch('https://api.example/')).status, (await fetch('https://api.example/', {})).status];
    });
  });

  it.each([
    'hint',
    'serverMessage',
    'serverCode',
    'status',
    'retryable',
    'retryAfterMs',
    'presented',
    'cause',
  ])('the member %s of an error', async (name) => {
    await expectUnmoved(name, async () => {
      const error = new FederationError({ code: 'network', provider: 'aws', message: 'It failed.' });
      return Object.getOwnPropertyNames(error).map((own) => [own, own === 'stack' || error[own as never]]);
    });
  });
});

it('an options object of a class is refused where its class has the option, and read where the object has', () => {
  class Settings {
    get roleArn(): string {
      return 'arn:aws:iam::123456789012:role/app';
    }
  }
  class Fields {
    roleArn = 'arn:aws:iam::123456789012:role/app';
  }
  expect(() => awsCredentialsProvider(new Settings())).toThrow(/`roleArn` is inherited .*plain object/);
  expect(() => awsCredentialsProvider(Object.create(new Fields()) as Fields)).toThrow(
    /`roleArn` is inherited/,
  );
  expect(() => awsCredentialsProvider(new Fields())).not.toThrow();
  expect(ATTACKER).toContain('attacker');
});
