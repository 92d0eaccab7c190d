/** An emulator whose trust is set up as a careful team does, and the options of each cloud that reach it. */

import type { AwsCredentialsProviderOptions } from '@credex/aws';
import type { AzureCredentialsProviderOptions } from '@credex/azure';
import type { Clock } from '@credex/core';
import type { GcpCredentialsProviderOptions } from '@credex/gcp';
import type { Emulator, MintOptions } from '@credex/testing/emulator';
import { startEmulator } from '@credex/testing/emulator';
import { inRequest, installRequestContext } from './request-context.js';
import type { RequestContext } from './request-context.js';
import { AWS, AZURE, GCP, TEAM, setUpTrust } from './trust.js';

/** A set for each cloud. Equal in all calls, so that the process-wide cache holds one credential for each. */
export interface FixtureOptions {
  readonly aws: AwsCredentialsProviderOptions;
  /** Becomes the service account. */
  readonly gcp: GcpCredentialsProviderOptions;
  /** Stays the federated principal: `FEDERATED_BUCKET` is open to it. */
  readonly gcpFederated: GcpCredentialsProviderOptions;
  readonly azure: AzureCredentialsProviderOptions;
}

export interface Fixture {
  readonly emulator: Emulator;
  /**
   * The emulator's clock, as the option `clock` takes it: the credential ages as the clouds do. Time limits are
   * long: a test that counts requests meets no retry that only a busy machine made.
   */
  readonly clock: Clock;
  /** A token of the team's project in production, unless `overrides` say otherwise. */
  mint(overrides?: Partial<MintOptions>): Promise<string>;
  readonly options: FixtureOptions;
  /** Runs `handle` as a request that came with `token`. */
  inRequest<T>(token: string | undefined, handle: () => T, more?: RequestContext): T;
  /** Ends the emulator and takes the request context away. */
  close(): Promise<void>;
}

/** How long a hook that starts a fixture may take: RSA keys take seconds on a busy machine. */
export const FIXTURE_START_MS = 30_000;

/** For tests that need several, or one for each; one for all tests of a file is `useFixture()`. */
export async function startFixture(): Promise<Fixture> {
  const emulator = await startEmulator();
  setUpTrust(emulator);
  const uninstall = installRequestContext();
  return {
    emulator,
    clock: clockOf(emulator),
    mint: (overrides = {}) => emulator.issuer.mint({ ...TEAM, environment: 'production', ...overrides }),
    options: optionsFor(emulator),
    inRequest,
    async close() {
      uninstall();
      await emulator.close();
    },
  };
}

/** On a busy machine an answer waits for its turn: that must not look like a cloud that took 2.5 seconds. */
const PATIENCE = 8;

function clockOf({ clock }: Emulator): Clock {
  return {
    now: () => clock.now(),
    monotonic: () => clock.now(),
    setTimeout(run, ms) {
      const timer = setTimeout(run, ms < 1_000 ? ms : ms * PATIENCE);
      return () => clearTimeout(timer);
    },
  };
}

function optionsFor(emulator: Emulator): FixtureOptions {
  const { projectNumber, workloadIdentityPoolId, workloadIdentityPoolProviderId, projectId } = GCP;
  const gcpFederated: GcpCredentialsProviderOptions = {
    projectNumber,
    workloadIdentityPoolId,
    workloadIdentityPoolProviderId,
    projectId,
    stsEndpoint: emulator.url('gcp-sts'),
    iamCredentialsEndpoint: emulator.url('gcp-iam-credentials'),
    allowLoopbackHttp: true,
  };
  return {
    aws: {
      roleArn: AWS.roleArn,
      region: AWS.region,
      endpoint: emulator.url('aws-sts'),
      allowLoopbackHttp: true,
    },
    gcp: { ...gcpFederated, serviceAccountEmail: GCP.serviceAccountEmail },
    gcpFederated,
    azure: {
      tenantId: AZURE.tenantId,
      clientId: AZURE.clientId,
      scopes: 'https://storage.azure.com/.default',
      authorityHost: emulator.url('entra'),
      allowLoopbackHttp: true,
    },
  };
}
