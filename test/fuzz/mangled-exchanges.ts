/** Four kinds of exchange, each met by answers that were spoilt: what a caller gets of them. */

import type { Fetch, FederationErrorCode } from '@credex/core';
import { FederationError, createCredentialCache } from '@credex/core';
import { readSubjectToken } from '@credex/core/on-demand';
import { getAwsCredentials } from '@credex/aws';
import { getAzureCredentials } from '@credex/azure';
import { getGcpCredentials } from '@credex/gcp';
import { seededRandom } from '../model/simulation.js';
import { directAws, directAzure, directGcp } from '../support/direct.js';
import type { Answer } from './mangled-responses.js';
import { mangled } from './mangled-responses.js';

const NOW: number = Date.parse('2026-11-22T10:00:00Z');
const HOUR = 3_600_000;
/** A mark that no error may show. */
const SECRET = 'c2lnbmF0dXJlLW9mLXRoZS1zdWJqZWN0LXRva2Vu';

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const JWT = `${part({ alg: 'RS256' })}.${part({ iss: 'https://oidc.vercel.com/acme', sub: 'owner:acme', exp: NOW / 1000 + 3_600 })}.${SECRET}`;
const SUBJECT = readSubjectToken(JWT);

const xml = `<?xml version="1.0"?>
<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <AssumeRoleWithWebIdentityResult>
    <AssumedRoleUser><AssumedRoleId>AROA:credex</AssumedRoleId><Arn>arn:aws:sts::123456789012:assumed-role/app/credex</Arn></AssumedRoleUser>
    <Credentials><AccessKeyId>ASIAEXAMPLE</AccessKeyId><SecretAccessKey>secret/+</SecretAccessKey><SessionToken>session==</SessionToken><Expiration>2026-11-22T11:00:00Z</Expiration></Credentials>
  </AssumeRoleWithWebIdentityResult>
</AssumeRoleWithWebIdentityResponse>`;
const stsJson = JSON.stringify({
  AssumeRoleWithWebIdentityResponse: {
    AssumeRoleWithWebIdentityResult: {
      AssumedRoleUser: { Arn: 'arn:aws:sts::123456789012:assumed-role/app/credex' },
      Credentials: {
        AccessKeyId: 'ASIAEXAMPLE',
        SecretAccessKey: 'secret/+',
        SessionToken: 'session==',
        Expiration: (NOW + HOUR) / 1000,
      },
    },
  },
});
const xmlError =
  '<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>';
const federated = JSON.stringify({
  access_token: 'federated',
  issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
  token_type: 'Bearer',
  expires_in: 3_599,
});
const oauthError = '{"error":"invalid_grant","error_description":"The token has expired."}';
const impersonated = JSON.stringify({ accessToken: 'ya29.x', expireTime: '2026-11-22T11:00:00Z' });
const apiError =
  '{"error":{"code":403,"message":"no","status":"PERMISSION_DENIED","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"X"}]}}';
const entra = JSON.stringify({
  token_type: 'Bearer',
  expires_in: 3_599,
  ext_expires_in: 3_599,
  refresh_in: 1_800,
  access_token: 'entra-token',
});
const entraError =
  '{"error":"invalid_client","error_description":"AADSTS700213: no","error_codes":[700213],"trace_id":"t"}';

const answer = (status: number, type: string, body: string): Answer => ({
  status,
  headers: { 'content-type': type, date: new Date(NOW).toUTCString() },
  body: Buffer.from(body),
});

export interface Kind {
  readonly name: string;
  /** How many answers are spoilt: ten thousand for each cloud. */
  readonly count: number;
  /** What is spoilt: one of these. */
  readonly answers: readonly Answer[];
  readonly ask: (shared: Shared) => Promise<Readonly<Record<string, unknown>>>;
}

const as = async (asked: Promise<object>): Promise<Readonly<Record<string, unknown>>> =>
  (await asked) as Record<string, unknown>;

const POOL = {
  projectNumber: '742613904155',
  workloadIdentityPoolId: 'vercel',
  workloadIdentityPoolProviderId: 'vercel',
  exchanger: directGcp,
};

export const KINDS: readonly Kind[] = [
  {
    name: 'AWS',
    count: 10_000,
    answers: [
      answer(200, 'text/xml', xml),
      answer(200, 'application/json', stsJson),
      answer(403, 'text/xml', xmlError),
    ],
    ask: (shared) =>
      as(
        getAwsCredentials({
          ...shared,
          roleArn: 'arn:aws:iam::123456789012:role/app',
          region: 'eu-west-1',
          exchanger: directAws,
        }),
      ),
  },
  {
    name: 'Google Cloud, the federated token',
    count: 5_000,
    answers: [answer(200, 'application/json', federated), answer(400, 'application/json', oauthError)],
    ask: (shared) => as(getGcpCredentials({ ...shared, ...POOL })),
  },
  {
    name: 'Google Cloud, a service account',
    count: 5_000,
    answers: [answer(200, 'application/json', impersonated), answer(403, 'application/json', apiError)],
    ask: (shared) =>
      as(
        getGcpCredentials({
          ...shared,
          ...POOL,
          serviceAccountEmail: 'shop@acme-prod.iam.gserviceaccount.com',
        }),
      ),
  },
  {
    name: 'Azure',
    count: 10_000,
    answers: [answer(200, 'application/json', entra), answer(401, 'application/json', entraError)],
    ask: (shared) =>
      as(
        getAzureCredentials({
          ...shared,
          tenantId: '6c1b7f5e-2a4d-4f7e-9a55-3c1d6b3f0a11',
          clientId: 'f3d2a9c4-8e17-4b0a-b6de-51c0a7e94d22',
          exchanger: directAzure,
        }),
      ),
  },
];

type Shared = ReturnType<typeof sharedOptions>;

/** Limits of time never strike, and pauses are over at once. */
const LIMITS: readonly number[] = [2_500, 8_000, 16_000];

function sharedOptions(fetch: Fetch) {
  return {
    fetch,
    cache: createCredentialCache(),
    random: () => 0,
    tokenSource: { capture: () => ({ identityKey: 'prj/production', token: async () => SUBJECT }) },
    clock: {
      now: () => NOW,
      monotonic: () => 0,
      setTimeout(run: () => void, ms: number) {
        let live = true;
        if (!LIMITS.includes(ms)) void Promise.resolve().then(() => live && run());
        return () => {
          live = false;
        };
      },
    },
  };
}

/** What one spoilt answer became, or what is wrong with that. */
export type Outcome = 'credential' | FederationErrorCode;

export async function meet(
  kind: Kind,
  seed: number,
): Promise<{ outcome: Outcome; fault: string | undefined }> {
  const random = seededRandom(seed);
  const { answer: spoilt, how } = mangled(
    kind.answers[Math.floor(random() ** 2 * kind.answers.length)] as Answer,
    random,
  );
  const fetch: Fetch = async (url) =>
    kind.name.includes('service account') && String(url).startsWith('https://sts.')
      ? responseOf(answer(200, 'application/json', federated))
      : responseOf(spoilt);
  const found = await kind.ask(sharedOptions(fetch)).then(
    (credential) => ({ outcome: 'credential' as const, fault: faultOfCredential(credential) }),
    (error: unknown) => faultOfError(error),
  );
  if (found.fault === undefined) return found;
  return { ...found, fault: `seed ${seed}: ${found.fault} (${how})` };
}

function responseOf({ status, headers, body }: Answer): Response {
  const held = new Headers();
  for (const [name, value] of Object.entries(headers)) held.set(name, value);
  // The platform gives these statuses no body.
  return new Response(status === 204 || status === 205 || status === 304 ? null : new Uint8Array(body), {
    status,
    headers: held,
  });
}

const PRINTABLE = /^[\x21-\x7e]+$/;

/** Every text of it can stand in a header, and it ends in the future. */
function faultOfCredential(credential: Readonly<Record<string, unknown>>): string | undefined {
  const { expiresAt, expiration, expiresOnTimestamp, refreshAfterTimestamp, ...texts } = credential;
  if (!Number.isSafeInteger(expiresAt) || (expiresAt as number) <= NOW) return 'it ends at no time to come';
  if (expiration !== undefined && (expiration as Date).getTime() !== expiresAt) return 'it ends at two times';
  if (expiresOnTimestamp !== undefined && expiresOnTimestamp !== expiresAt) return 'it ends at two times';
  if (refreshAfterTimestamp !== undefined && !((refreshAfterTimestamp as number) < (expiresAt as number)))
    return 'it is to be refreshed after its end';
  const bad = Object.entries(texts).find(([, text]) => typeof text !== 'string' || !PRINTABLE.test(text));
  if (bad !== undefined) return `its ${bad[0]} is no printable text`;
  if (Object.isFrozen(credential)) return 'it is frozen';
  return 'accountId' in texts && !/^\d{12}$/.test(texts['accountId'] as string)
    ? 'it has no account'
    : undefined;
}

function faultOfError(error: unknown): { outcome: Outcome; fault: string | undefined } {
  if (!FederationError.isInstance(error))
    return { outcome: 'unknown', fault: `not a FederationError: ${String(error)}` };
  const { code, message } = error;
  if (code === 'unknown' || code === 'timeout' || code === 'network')
    // 408 says it timed out.
    return {
      outcome: code,
      fault: code === 'timeout' && error.status === 408 ? undefined : `the code is ${code}`,
    };
  const shown = `${message} ${JSON.stringify(error)} ${String(error.cause)}`;
  return { outcome: code, fault: shown.includes(SECRET) ? 'it shows the token' : undefined };
}
