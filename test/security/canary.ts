/** One fault of a token service, met by one call: what the call ends with, and every secret that was near it. */

import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { azureIdentityExchanger } from '@credex/azure/identity';
import type { FederationErrorCode } from '@credex/core';
import { FederationError } from '@credex/core';
import type { Fault, ServiceName, ServiceRequest } from '@credex/testing/emulator';
import { expect } from 'vitest';
import { routedFetch } from '../support/routed.js';
import { by } from '../support/ways.js';
import type { Call, Cloud, CloudName, Fixture } from '../support/clouds.js';
import { CLOUDS } from '../support/clouds.js';
import { exchange } from '../errors/matrix.js';
import { expectNoSecret } from '../support/recorder.js';
import type { Recorded } from '../support/recorder.js';

/** `fetch`: by the user's own, under a request of ours or under the SDK. */
const MEANS = ['direct', 'direct fetch', 'sdk', 'fetch'] as const;

/** One request of an exchange, and what makes it. */
export interface Step {
  readonly cloud: Cloud;
  readonly service: ServiceName;
  readonly by: (typeof MEANS)[number];
}

const cloudNamed = (name: CloudName): Cloud => CLOUDS.find((cloud) => cloud.name === name) as Cloud;

/** Each token service once; the first step of an impersonation is the federated exchange. */
export const STEPS: readonly Step[] = MEANS.flatMap((by) => [
  { cloud: cloudNamed('aws'), service: 'aws-sts', by },
  { cloud: cloudNamed('gcp federated'), service: 'gcp-sts', by },
  { cloud: cloudNamed('gcp impersonated'), service: 'gcp-iam-credentials', by },
  { cloud: cloudNamed('azure'), service: 'entra', by },
]);

export const labelOf = ({ service, by }: Step): string => `${service} by ${by}`;

/** What one of the token services calls each thing. */
export type ByService<T> = Readonly<Record<'aws-sts' | 'gcp-sts' | 'gcp-iam-credentials' | 'entra', T>>;

export const of = <T>(table: ByService<T>, { service }: Step): T => table[service as keyof ByService<T>];

export const toAll = <T>(value: T): ByService<T> => ({
  'aws-sts': value,
  'gcp-sts': value,
  'gcp-iam-credentials': value,
  entra: value,
});

/** The tokens in what was sent, whichever header or field they were in. */
export const tokensIn = (sent: string): string =>
  [...sent.matchAll(/eyJ[\w-]+\.[\w-]+\.[\w-]+|ya29\.[\w.-]+/g)].map(([token]) => token).join(' ');

/** Makes a fault of what was sent: a body that is a getter is read after the request has come. */
export type FaultOf = Fault | ((sent: () => string) => Fault);

export interface StrikeOptions {
  /** Milliseconds of the exchange in all; default 8,000, that no retry is kept from coming. */
  readonly timeoutMs?: number;
  readonly token?: string;
  readonly more?: object;
  readonly shared?: object;
  readonly call?: Call;
  /** Told when the fault strikes. */
  readonly onStrike?: () => void;
}

export interface Struck extends Recorded {
  /** How many requests met the fault. */
  readonly struck: number;
  readonly token: string;
  /** The options of the cloud that the call was made with. */
  readonly more: object;
}

export async function strike(
  fixture: Fixture,
  step: Step,
  faultOf: FaultOf,
  options: StrikeOptions = {},
): Promise<Struck> {
  const token = options.token ?? (await usualToken(fixture));
  let sent = '';
  const fault = typeof faultOf === 'function' ? faultOf(() => sent) : faultOf;
  const match = (request: ServiceRequest): boolean => {
    // The form with the assertion, or the Authorization header with the federated token.
    sent = `${new TextDecoder().decode(request.body)} ${request.headers['authorization'] ?? ''}`;
    options.onStrike?.();
    return true;
  };
  const planted = fixture.emulator.faults.plant({ service: step.service, match, fault });
  const shared = { timeoutMs: options.timeoutMs ?? 8_000, ...options.shared };
  const more = { ...transport(fixture, step), ...options.more };
  const seen = await exchange(fixture, step.cloud, 'request', token, more, shared, options.call);
  planted.remove();
  seen.secrets.addAnswer(sent);
  expectNoSecret(seen, [token]);
  return { ...seen, struck: planted.struck, token, more };
}

/** A set of options for a step by which its token service is at another origin. */
export function elsewhere({ service }: Step, origin: string): object {
  const option: Readonly<Partial<Record<ServiceName, string>>> = {
    'aws-sts': 'endpoint',
    'gcp-sts': 'stsEndpoint',
    'gcp-iam-credentials': 'iamCredentialsEndpoint',
    entra: 'authorityHost',
  };
  return { [option[service] as string]: origin };
}

const usual = new WeakMap<Fixture, Promise<string>>();

/** One for all: signing costs more than most calls. */
function usualToken(fixture: Fixture): Promise<string> {
  const minted = usual.get(fixture) ?? fixture.mint();
  usual.set(fixture, minted);
  return minted;
}

/** The options that send a step its way. */
export function transport({ emulator }: Fixture, step: Step): object {
  const { provider } = step.cloud;
  if (step.by === 'direct fetch') return { ...by('direct', provider, emulator), fetch: globalThis.fetch };
  if (step.by !== 'fetch') return by(step.by, provider, emulator);
  if (provider !== 'azure') return { ...by('sdk', provider, emulator), fetch: globalThis.fetch };
  // At Microsoft's own name; only the address is the emulator's.
  return {
    exchanger: azureIdentityExchanger(),
    fetch: routedFetch(emulator, 'entra'),
    authorityHost: 'https://login.microsoftonline.com',
  };
}

export interface Verdict {
  readonly code: FederationErrorCode;
  readonly retryable: boolean;
  /** How many requests: a failure that is worth it is retried twice, an unreadable answer once. */
  readonly attempts: number;
}

export const now = (code: FederationErrorCode, attempts = 3): Verdict => ({
  code,
  retryable: true,
  attempts,
});
export const never = (code: FederationErrorCode): Verdict => ({ code, retryable: false, attempts: 1 });

export function expectVerdict(
  struck: Struck,
  { cloud }: Step,
  { attempts, ...verdict }: Verdict,
): FederationError {
  const { error } = struck;
  if (!FederationError.isInstance(error)) throw new Error('The call did not fail.', { cause: error });
  expect({
    code: error.code,
    retryable: error.retryable,
    attempts: struck.struck,
    provider: error.provider,
  }).toEqual({
    ...verdict,
    attempts,
    provider: cloud.provider,
  });
  return error;
}

/** A server that counts who comes and what they bring. */
export async function startTrap(): Promise<{
  readonly port: number;
  readonly seen: { connections: number; bytes: string };
  close(): Promise<void>;
}> {
  const seen = { connections: 0, bytes: '' };
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    seen.connections += 1;
    socket.on('data', (chunk) => {
      seen.bytes += chunk.toString('latin1');
    });
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    seen,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
