/** What the files of tests with independent issuers share: the servers, the clock, and a verifier of public options alone. */

import { globalAgent } from 'node:https';
import { manualClock } from '@credex/testing/clock';
import type { ManualClock } from '@credex/testing/clock';
import { startEmulator } from '@credex/testing/emulator';
import type { Emulator } from '@credex/testing/emulator';
import { TokenVerificationError, createTokenVerifier } from '@credex/verify';
import type { TokenVerifierOptions, VercelTokenVerifier } from '@credex/verify';
import { afterAll, afterEach, beforeAll, beforeEach, vi } from 'vitest';
import { privateJwk, startTlsServer } from './independent-issuers.js';
import type { PrivateJwk, TlsServer } from './independent-issuers.js';

/** Each algorithm that a verifier may allow, with the kind of key that signs by it. */
export const ALGORITHMS = [
  ['RS256', 'rsa'],
  ['RS384', 'rsa'],
  ['RS512', 'rsa'],
  ['PS256', 'rsa'],
  ['PS384', 'rsa'],
  ['PS512', 'rsa'],
  ['ES256', 'P-256'],
  ['ES384', 'P-384'],
  ['ES512', 'P-521'],
  ['EdDSA', 'ed25519'],
  ['Ed25519', 'ed25519'],
] as const;

export interface IssuerTest {
  /** The certificate authority of all servers: in the process's own agent, as NODE_EXTRA_CA_CERTS would have it. */
  readonly ca: string;
  readonly certificate: Emulator['serverCertificate'];
  /** Of this test alone. */
  readonly server: TlsServer;
  readonly clock: ManualClock;
  /** Made once: each costs a third of a second. */
  readonly rsa: readonly [PrivateJwk, PrivateJwk];
  /** Allows `prj_shop` in production; asks for keys by the verifier's own transport. */
  verifierOf(issuer: string, more?: Partial<TokenVerifierOptions>): VercelTokenVerifier;
}

/** `passed`, or the code of the refusal. */
export async function codeOf(verifier: VercelTokenVerifier, token: string): Promise<string> {
  try {
    await verifier.verify(token);
    return 'passed';
  } catch (error) {
    return TokenVerificationError.isInstance(error) ? error.code : String(error);
  }
}

/** To be called once, at the top of a test file. */
export function useIndependentIssuers(): IssuerTest {
  vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });
  let rsa: IssuerTest['rsa'];
  // For its certificate authority alone.
  let emulator: Emulator;
  let server: TlsServer;
  let clock: ManualClock;
  const saved = { ...globalAgent.options };

  beforeAll(async () => {
    emulator = await startEmulator();
    rsa = [privateJwk('rsa', 'first'), privateJwk('rsa', 'second')];
    globalAgent.options.ca = emulator.ca;
    // oidc-provider warns of a set-up for development.
    for (const method of ['info', 'warn'] as const) vi.spyOn(console, method).mockImplementation(() => {});
  });
  afterAll(async () => {
    globalAgent.destroy();
    delete globalAgent.options.ca;
    Object.assign(globalAgent.options, saved);
    vi.restoreAllMocks();
    await emulator.close();
  });
  beforeEach(async () => {
    server = await startTlsServer(emulator.serverCertificate);
    clock = manualClock(Date.now());
  });
  afterEach(() => server.close());

  return {
    get ca() {
      return emulator.ca;
    },
    get certificate() {
      return emulator.serverCertificate;
    },
    get server() {
      return server;
    },
    get clock() {
      return clock;
    },
    get rsa() {
      return rsa;
    },
    verifierOf: (issuer, more = {}) =>
      createTokenVerifier({
        issuer,
        audience: 'https://orders.acme.example',
        allow: [{ projectId: 'prj_shop', environment: 'production' }],
        allowLoopbackHttp: true,
        clock,
        ...more,
      }),
  };
}
