/** The cases of azure.ts that the emulator can produce: one wrong thing in a request that is right otherwise. */

import type { MintOptions } from '@credex/testing/emulator';
import { AZURE } from '../support/trust.js';
import type { Fixture } from '../support/fixture.js';

export interface EmulatedResponse {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

interface Case {
  readonly token?: Partial<MintOptions>;
  /** Fields of the form; `undefined`: left out. */
  readonly form?: Readonly<Record<string, string | undefined>>;
  readonly tenant?: string;
  readonly isIssuerUnreachable?: boolean;
}

const UNKNOWN_ID = '00000000-2222-4333-8444-000000000000';
/** An application of the tenant without a federated credential. */
const BARE_APPLICATION = '0b0b0b0b-1c1c-4d2d-8e3e-4f4f4f4f4f4f';

/** An application whose one credential of the issuer is a flexible one of GitHub's. */
const FLEXIBLE_APPLICATION = '0c0c0c0c-1d1d-4e2e-8f3f-4a4a4a4a4a4a';
const GITHUB = 'https://token.actions.githubusercontent.com';

const CASES: Readonly<Record<string, Case>> = {
  'no credential': { form: { client_id: BARE_APPLICATION } },
  'another issuer': { token: { issuerMode: 'global' } },
  'another subject': { token: { environment: 'preview' } },
  'an expression that does not fit': {
    token: { claims: { iss: GITHUB } },
    form: { client_id: FLEXIBLE_APPLICATION },
  },
  'the subject in other letters': { token: { project: 'Shop' } },
  'two audiences': { token: { audience: ['https://vercel.com/acme', 'https://b.example'] } },
  'an unpublished key': { token: { signWith: 'unpublished' } },
  'no JWT': { form: { client_assertion: 'no-jwt' } },
  'another header type': { token: { header: { typ: 'at+jwt' } } },
  'another algorithm': { token: { header: { alg: 'ES256' } } },
  'an expired assertion': { token: { issuedAt: 1_000_000_000, lifetimeSeconds: 60 } },
  'an unknown application': { form: { client_id: UNKNOWN_ID } },
  'no assertion': { form: { client_assertion: undefined } },
  'an unknown tenant': { tenant: UNKNOWN_ID },
  'a tenant that is no name': { tenant: 'acme' },
  'an unknown resource': { form: { scope: 'https://orders.example/.default' } },
  'a scope without .default': { form: { scope: 'https://storage.azure.com' } },
  'two resources': { form: { scope: 'https://storage.azure.com/.default https://vault.azure.net/.default' } },
  'no grant_type': { form: { grant_type: undefined } },
  'no scope': { form: { scope: undefined } },
  'an unreachable issuer': { isIssuerUnreachable: true },
};

export const AZURE_CASES: readonly string[] = Object.keys(CASES);

export function createOtherApplications({ emulator }: Pick<Fixture, 'emulator'>): void {
  emulator.azure.createApplication({
    tenantId: AZURE.tenantId,
    clientId: BARE_APPLICATION,
    federatedCredentials: [],
  });
  emulator.issuer.addIssuer(GITHUB);
  emulator.azure.createApplication({
    tenantId: AZURE.tenantId,
    clientId: FLEXIBLE_APPLICATION,
    federatedCredentials: [
      {
        name: 'flexible',
        issuer: GITHUB,
        audience: 'https://vercel.com/acme',
        claimsMatchingExpression: { value: "claims['repository_id'] eq '1'", languageVersion: 1 },
      },
    ],
  });
}

/** What the emulator's token endpoint answers in that case. */
export async function emulatedAzure(
  fixture: Pick<Fixture, 'emulator' | 'mint'>,
  name: string,
): Promise<EmulatedResponse> {
  const { token, form, tenant = AZURE.tenantId, isIssuerUnreachable = false } = CASES[name] as Case;
  const { emulator } = fixture;
  const fields: Readonly<Record<string, string | undefined>> = {
    client_id: AZURE.clientId,
    scope: 'https://storage.azure.com/.default',
    grant_type: 'client_credentials',
    client_assertion: await fixture.mint(token),
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    ...form,
  };
  const body = new URLSearchParams();
  for (const [field, value] of Object.entries(fields)) if (value !== undefined) body.set(field, value);
  emulator.issuer.setReachable(!isIssuerUnreachable);
  try {
    const response = await fetch(`${emulator.url('entra')}/${tenant}/oauth2/v2.0/token`, {
      method: 'POST',
      body,
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  } finally {
    emulator.issuer.setReachable(true);
  }
}
