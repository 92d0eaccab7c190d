/** The cases of google.ts that the emulator can produce: one wrong thing in a request that is right otherwise. */

import type { MintOptions } from '@credex/testing/emulator';
import { GCP } from '../support/trust.js';
import type { Fixture } from '../support/fixture.js';
import type { EmulatedResponse } from './emulated-azure.js';

interface Case {
  readonly token?: Partial<MintOptions>;
  readonly jwt?: string;
  /** Another provider of the pool than the one that is right. */
  readonly providerId?: string;
  readonly audience?: string;
  readonly isIssuerUnreachable?: boolean;
  /** The second step, by a federated token that is good. */
  readonly impersonate?: { readonly email: string; readonly scope: readonly string[] };
}

const CLOUD_PLATFORM = 'https://www.googleapis.com/auth/cloud-platform';
const UNBOUND = 'unbound@acme-prod.iam.gserviceaccount.com';

const CASES: Readonly<Record<string, Case>> = {
  'another audience': { token: { audience: 'https://b.example' } },
  'another issuer': { token: { issuerMode: 'global' } },
  'an expired token': { token: { issuedAt: 1_000_000_000, lifetimeSeconds: 60 } },
  'an unreachable issuer': { isIssuerUnreachable: true },
  'an unpublished key': { token: { signWith: 'unpublished' } },
  'a changed payload': { token: { tamper: true } },
  'no JWT': { jwt: 'no-jwt' },
  'a condition that is false': { token: { environment: 'preview' } },
  'a subject that is no text': { providerId: 'no-text' },
  'no subject': { providerId: 'no-subject' },
  'a long subject': { providerId: 'long-subject' },
  'an audience that is no name': { audience: '//iam.googleapis.com/nothing' },
  'an unknown provider': { providerId: 'unknown' },
  'no binding': { impersonate: { email: UNBOUND, scope: [CLOUD_PLATFORM] } },
  'an unknown account': {
    impersonate: { email: 'nobody@acme-prod.iam.gserviceaccount.com', scope: [CLOUD_PLATFORM] },
  },
  'an unknown scope': { impersonate: { email: GCP.serviceAccountEmail, scope: ['no scope'] } },
};

export const GOOGLE_CASES: readonly string[] = Object.keys(CASES);

/** Providers of the same pool whose mapping is wrong, and an account that nobody may act as. */
export function createGoogleCases({ emulator }: Pick<Fixture, 'emulator'>): void {
  const { projectNumber, workloadIdentityPoolId: poolId } = GCP;
  const mappings: Readonly<Record<string, string>> = {
    'no-text': "assertion.sub == 'x'",
    'no-subject': 'assertion.nothing',
    'long-subject': `assertion.sub + '${'x'.repeat(128)}'`,
  };
  for (const [providerId, subject] of Object.entries(mappings))
    emulator.gcp.createProvider({
      projectNumber,
      poolId,
      providerId,
      issuerUri: emulator.issuer.url({ mode: 'team', team: 'acme' }),
      allowedAudiences: ['https://vercel.com/acme'],
      attributeMapping: { 'google.subject': subject },
    });
  emulator.gcp.createServiceAccount({ email: UNBOUND, bindings: [] });
}

/** What the emulator answers in that case. */
export async function emulatedGoogle(
  fixture: Pick<Fixture, 'emulator' | 'mint'>,
  name: string,
): Promise<EmulatedResponse> {
  const wanted = CASES[name] as Case;
  const { emulator } = fixture;
  emulator.issuer.setReachable(wanted.isIssuerUnreachable !== true);
  try {
    const exchanged = await exchange(fixture, wanted);
    if (wanted.impersonate === undefined) return exchanged;
    const { email, scope } = wanted.impersonate;
    const path = `/v1/projects/-/serviceAccounts/${email}:generateAccessToken`;
    return await read(
      await fetch(`${emulator.url('gcp-iam-credentials')}${path}`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${String(exchanged.body['access_token'])}`,
          'content-type': 'application/json',
        },
        body: JSON.stringify({ scope }),
      }),
    );
  } finally {
    emulator.issuer.setReachable(true);
  }
}

async function exchange(
  { emulator, mint }: Pick<Fixture, 'emulator' | 'mint'>,
  wanted: Case,
): Promise<EmulatedResponse> {
  const { projectNumber, workloadIdentityPoolId, workloadIdentityPoolProviderId } = GCP;
  const provider = wanted.providerId ?? workloadIdentityPoolProviderId;
  const pool = `projects/${projectNumber}/locations/global/workloadIdentityPools/${workloadIdentityPoolId}`;
  const body = new URLSearchParams({
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    audience: wanted.audience ?? `//iam.googleapis.com/${pool}/providers/${provider}`,
    scope: CLOUD_PLATFORM,
    requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    subject_token: wanted.jwt ?? (await mint(wanted.token)),
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
  });
  return read(await fetch(`${emulator.url('gcp-sts')}/v1/token`, { method: 'POST', body }));
}

const read = async (response: Response): Promise<EmulatedResponse> => ({
  status: response.status,
  body: (await response.json()) as Record<string, unknown>,
});
