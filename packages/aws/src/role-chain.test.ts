/** Claims that become session tags, where a request brings a forged token and the environment has the genuine one. */

import { createCredentialCache } from '@credex/core';
import type { SubjectTokenSource } from '@credex/core';
import { readSubjectToken } from '@credex/core/on-demand';
import { vercelTokenSource } from '@credex/vercel';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Sent } from './aws.fixture.js';
import { NOW, ROLE, errorXml, isolated, issuedXml, recordingFetch, subjectJwt } from './aws.fixture.js';
import { getAwsCredentials } from './aws-credentials-provider.js';

const CONTEXT = Symbol.for('@vercel/request-context');
const scope = globalThis as { [CONTEXT]?: { get(): unknown } };
const LAST = 'arn:aws:iam::123456789012:role/last';
const GENUINE = subjectJwt();
const forged = (claims: object = {}): string => subjectJwt({ owner_id: 'team_admin', ...claims });

beforeEach(() => {
  vi.stubEnv('VERCEL_PROJECT_ID', 'prj_1');
  vi.stubEnv('VERCEL_ENV', 'production');
  vi.stubEnv('VERCEL_TARGET_ENV', undefined);
  vi.stubEnv('VERCEL_OIDC_TOKEN_FILE', undefined);
  vi.stubEnv('VERCEL_OIDC_TOKEN', GENUINE);
});
afterEach(() => {
  delete scope[CONTEXT];
  vi.unstubAllEnvs();
});

function inRequest(header: string): void {
  scope[CONTEXT] = { get: () => ({ headers: { 'x-vercel-oidc-token': header } }) };
}

const form = ({ body }: Sent): URLSearchParams => new URLSearchParams(body);

/** STS, which refuses each token but the genuine one with `code`. */
function sts(code: string) {
  return recordingFetch((request, n) => {
    const [action, role] = [form(request).get('Action') ?? '', form(request).get('RoleArn') ?? ROLE];
    const token = form(request).get('WebIdentityToken');
    if (token !== null && token !== GENUINE) return { status: 400, body: errorXml(code) };
    return { body: issuedXml({ n, role, action }) };
  });
}

/** The owner in the tags of each AssumeRole request. */
const tagged = (sent: readonly Sent[]): (string | null)[] =>
  sent.map(form).flatMap((one) => (one.has('Tags.member.1.Value') ? [one.get('Tags.member.1.Value')] : []));

const chained = (tokenSource: SubjectTokenSource, { fetch }: ReturnType<typeof sts>) =>
  isolated({
    tokenSource,
    fetch,
    assumeRole: [{ roleArn: LAST, tagsFromClaims: { Owner: 'owner_id' } }],
  });

describe('a forged token never becomes the value of a tag', () => {
  it('where STS says that it has expired, and a genuine one replaces it', async () => {
    const cloud = sts('ExpiredTokenException');
    const given = chained(vercelTokenSource({ clock: { now: () => NOW, monotonic: () => 0 } }), cloud);
    inRequest(forged());
    await expect(getAwsCredentials(given)).rejects.toMatchObject({ code: 'subject_token_expired' });
    expect(tagged(cloud.sent)).toEqual([]);
    inRequest(GENUINE);
    await getAwsCredentials(given);
    expect(tagged(cloud.sent)).toEqual(['team_1']);
  });

  it('where it falls below the least remaining time between two reads', async () => {
    for (let ms = 0; ms < 20; ms++) {
      let now = NOW;
      const cloud = sts('InvalidIdentityToken');
      const given = chained(vercelTokenSource({ clock: { now: () => now++, monotonic: () => 0 } }), cloud);
      inRequest(forged({ exp: (NOW + 30_000 + ms) / 1_000 }));
      await getAwsCredentials({ ...given, cache: createCredentialCache() }).catch(() => undefined);
      expect(tagged(cloud.sent).filter((owner) => owner !== 'team_1')).toEqual([]);
    }
  });

  it('where the source returns another token each time', async () => {
    let reads = 0;
    const source: SubjectTokenSource = {
      capture: () => ({
        identityKey: 'prj_1/production',
        token: async () => readSubjectToken(reads++ === 0 ? forged() : GENUINE),
      }),
    };
    const cloud = sts('InvalidIdentityToken');
    await expect(getAwsCredentials(chained(source, cloud))).rejects.toMatchObject({
      code: 'no_fresher_token',
      message: expect.stringContaining('`owner_id`') as string,
    });
    expect(cloud.sent).toEqual([]);
  });
});
