import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Clock, Fetch, SubjectTokenSource } from '@credex/core';
import { readSubjectToken } from '@credex/core/on-demand';
import { requestTokenSource, vercelTokenSource } from '../index.js';

const NOW = 1_800_000_000_000;
const clock: Clock = { now: () => NOW, monotonic: () => 0 };
const jwt = (claims: object): string =>
  [{ alg: 'RS256' }, { exp: NOW / 1000 + 3_600, iss: 'https://oidc.vercel.com/acme', ...claims }, 'signature']
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');

/** Of a project that no other test has. */
const AUDIENCE_CLAIMS = { project_id: 'prj_audience', environment: 'production' };
const PRODUCTION = { project_id: 'prj_shop', environment: 'production' };
const VARIABLES = [
  'VERCEL_OIDC_TOKEN',
  'VERCEL_OIDC_TOKEN_FILE',
  'VERCEL_PROJECT_ID',
  'VERCEL_ENV',
  'VERCEL_TARGET_ENV',
  'VERCEL',
];
const CONTEXT = Symbol.for('@vercel/request-context');
const scope = globalThis as { [CONTEXT]?: { get(): unknown } };

let folder: string;
const saved = new Map<string, string | undefined>();
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'credex-'));
  for (const name of VARIABLES) {
    saved.set(name, process.env[name]);
    delete process.env[name];
  }
});
afterEach(async () => {
  delete scope[CONTEXT];
  for (const [name, value] of saved) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
  await rm(folder, { recursive: true });
});

const inRequest = (header: string | undefined): void => {
  scope[CONTEXT] = { get: () => ({ headers: { 'x-vercel-oidc-token': header } }) };
};
const read = async (source: SubjectTokenSource, fresh = false) =>
  source.capture().token({ audience: undefined, fresh, signal: new AbortController().signal });

describe('where the token is looked for', () => {
  it('takes the header of the request, then the file, then the variable', async () => {
    process.env['VERCEL_OIDC_TOKEN'] = jwt({ sub: 'variable' });
    expect((await read(vercelTokenSource({ clock }))).claims.sub).toBe('variable');
    process.env['VERCEL_OIDC_TOKEN_FILE'] = join(folder, 'token');
    await writeFile(join(folder, 'token'), `${jwt({ sub: 'file' })}\n`);
    expect((await read(vercelTokenSource({ clock }))).claims.sub).toBe('file');
    inRequest(jwt({ sub: 'header' }));
    expect((await read(vercelTokenSource({ clock }))).claims.sub).toBe('header');
  });

  it('reads the file on each call', async () => {
    process.env['VERCEL_OIDC_TOKEN_FILE'] = join(folder, 'token');
    const source = vercelTokenSource({ clock });
    await writeFile(join(folder, 'token'), jwt({ sub: 'first' }));
    expect((await read(source)).claims.sub).toBe('first');
    await writeFile(join(folder, 'token'), jwt({ sub: 'second' }));
    expect((await read(source)).claims.sub).toBe('second');
  });

  it('passes over an expired token and names it when none is left', async () => {
    inRequest(jwt({ sub: 'header', exp: NOW / 1000 - 720 }));
    process.env['VERCEL_OIDC_TOKEN'] = jwt({ sub: 'variable' });
    expect((await read(vercelTokenSource({ clock }))).claims.sub).toBe('variable');
    process.env['VERCEL_OIDC_TOKEN'] = jwt({ exp: NOW / 1000 - 10 });
    await expect(read(vercelTokenSource({ clock }))).rejects.toMatchObject({
      code: 'subject_token_expired',
      message: expect.stringContaining(
        'the request header expired 12 minutes ago, the token of VERCEL_OIDC_TOKEN expired 10 seconds ago',
      ) as string,
    });
  });

  it('prefers a token with time left to one that is about to end', async () => {
    inRequest(jwt({ sub: 'brief', exp: NOW / 1000 + 5 }));
    expect((await read(vercelTokenSource({ clock }))).claims.sub).toBe('brief');
    process.env['VERCEL_OIDC_TOKEN'] = jwt({ sub: 'long' });
    expect((await read(vercelTokenSource({ clock }))).claims.sub).toBe('long');
  });

  it.each([
    ['nothing at all', undefined, 'no_subject_token'],
    ['garbage', 'garbage', 'invalid_subject_token'],
    ['a token without exp', jwt({ exp: undefined }), 'invalid_subject_token'],
    ['a list where a string belongs', jwt({ project_id: ['prj_shop'] }), 'invalid_subject_token'],
    ['a token of 20 KB', jwt({ pad: 'x'.repeat(20_000) }), 'invalid_subject_token'],
  ])('says what is wrong with %s', async (_what, header, code) => {
    inRequest(header);
    process.env['VERCEL_OIDC_TOKEN'] = header === undefined ? '' : jwt({});
    await expect(read(vercelTokenSource({ clock }))).rejects.toMatchObject({ code });
  });

  it('names the file that can not be read', async () => {
    process.env['VERCEL_OIDC_TOKEN_FILE'] = join(folder, 'absent');
    process.env['VERCEL_OIDC_TOKEN'] = jwt({});
    await expect(read(vercelTokenSource({ clock }))).rejects.toMatchObject({
      code: 'no_subject_token',
      message: expect.stringContaining('absent') as string,
    });
  });

  it('returns one token for all reads of one capture, with an audience as well', async () => {
    let now = NOW;
    inRequest(jwt({ ...AUDIENCE_CLAIMS, sub: 'header', exp: NOW / 1_000 + 31 }));
    process.env['VERCEL_OIDC_TOKEN'] = jwt({ ...AUDIENCE_CLAIMS, sub: 'variable' });
    const exchanged: string[] = [];
    const fetch: Fetch = async (_url, init) => {
      const { token, aud } = JSON.parse(init.body as string) as { token: string; aud: string };
      exchanged.push(String(readSubjectToken(token).claims.sub));
      return new Response(JSON.stringify({ token: jwt({ ...AUDIENCE_CLAIMS, aud }) }));
    };
    const subject = vercelTokenSource({ clock: { ...clock, now: () => now }, fetch }).capture();
    const signal = new AbortController().signal;
    const first = await subject.token({ audience: undefined, fresh: false, signal });
    now += 2_000;
    expect(await subject.token({ audience: undefined, fresh: false, signal })).toBe(first);
    await subject.token({ audience: 'https://api.example', fresh: false, signal });
    expect(exchanged).toEqual(['header']);
    expect((await subject.token({ audience: undefined, fresh: true, signal })).claims.sub).toBe('variable');
    expect(await subject.token({ audience: undefined, fresh: false, signal })).toBe(first);
  });

  it('has no fresher token within a request, and a fresher one where the file turned', async () => {
    process.env['VERCEL_OIDC_TOKEN_FILE'] = join(folder, 'token');
    await writeFile(join(folder, 'token'), jwt({ sub: 'first' }));
    const subject = vercelTokenSource({ clock }).capture();
    const signal = new AbortController().signal;
    await subject.token({ audience: undefined, fresh: false, signal });
    await expect(subject.token({ audience: undefined, fresh: true, signal })).rejects.toMatchObject({
      code: 'no_fresher_token',
    });
    await writeFile(join(folder, 'token'), jwt({ sub: 'second' }));
    expect((await subject.token({ audience: undefined, fresh: true, signal })).claims.sub).toBe('second');
  });
});

describe('whose token it is', () => {
  const platform = (more: Record<string, string> = {}): void => {
    Object.assign(process.env, { VERCEL_PROJECT_ID: 'prj_shop', VERCEL_ENV: 'production', ...more });
  };

  it("is the platform's identity key where both variables are set and the token agrees", () => {
    platform();
    inRequest(jwt(PRODUCTION));
    expect(vercelTokenSource({ clock }).capture().identityKey).toBe('["vercel","prj_shop","production"]');
    platform({ VERCEL_ENV: 'preview', VERCEL_TARGET_ENV: 'staging' });
    inRequest(jwt({ ...PRODUCTION, environment: 'staging' }));
    expect(vercelTokenSource({ clock }).capture().identityKey).toBe('["vercel","prj_shop","staging"]');
  });

  it('is the token itself where a variable is missing', () => {
    process.env['VERCEL_ENV'] = 'production';
    inRequest(jwt(PRODUCTION));
    expect(vercelTokenSource({ clock }).capture().identityKey).toBeUndefined();
  });

  it.each([
    ['a header of another environment', () => inRequest(jwt({ ...PRODUCTION, environment: 'preview' }))],
    ['a header of another project', () => inRequest(jwt({ ...PRODUCTION, project_id: 'prj_other' }))],
    ['an unreadable header', () => inRequest('garbage')],
    [
      'an expired header of another project',
      () => inRequest(jwt({ ...PRODUCTION, project_id: 'prj_other', exp: NOW / 1000 - 60 })),
    ],
    [
      "an expired header of another project, with the platform's own variable",
      () => {
        inRequest(jwt({ ...PRODUCTION, project_id: 'prj_other', exp: NOW / 1000 - 60 }));
        process.env['VERCEL_OIDC_TOKEN'] = jwt(PRODUCTION);
      },
    ],
    [
      'a variable of another environment',
      () => (process.env['VERCEL_OIDC_TOKEN'] = jwt({ ...PRODUCTION, environment: 'preview' })),
    ],
  ])("is not the platform's for %s", (_what, plant) => {
    platform();
    plant();
    expect(vercelTokenSource({ clock }).capture().identityKey).toBeUndefined();
  });

  it('takes identity key and token from the same moment', async () => {
    platform();
    inRequest(jwt({ ...PRODUCTION, sub: 'mine' }));
    const subject = vercelTokenSource({ clock }).capture();
    inRequest(jwt({ environment: 'preview', sub: 'theirs' }));
    expect(
      (await subject.token({ audience: undefined, fresh: false, signal: new AbortController().signal }))
        .claims.sub,
    ).toBe('mine');
  });

  it('refuses what `expect` does not name, and names alone under the global issuer', async () => {
    inRequest(jwt({ ...PRODUCTION, project: 'shop', owner_id: 'team_acme' }));
    const refused = { code: 'subject_mismatch' };
    await expect(
      read(vercelTokenSource({ clock, expect: { environment: 'preview' } })),
    ).rejects.toMatchObject(refused);
    await expect(read(vercelTokenSource({ clock, expect: { ownerId: 'team_other' } }))).rejects.toMatchObject(
      refused,
    );
    await expect(
      read(vercelTokenSource({ clock, expect: { projectId: 'prj_shop', environment: 'production' } })),
    ).resolves.toBeDefined();
    inRequest(jwt({ ...PRODUCTION, project: 'shop', iss: 'https://oidc.vercel.com' }));
    await expect(read(vercelTokenSource({ clock, expect: { project: 'shop' } }))).rejects.toMatchObject(
      refused,
    );
    await expect(
      read(vercelTokenSource({ clock, expect: { projectId: 'prj_shop' } })),
    ).resolves.toBeDefined();
  });
});

describe('the audience exchange', () => {
  const answer = (status: number, body: unknown) => async (): Promise<Response> =>
    new Response(typeof body === 'string' ? body : JSON.stringify(body), { status });
  let count = 0;
  // Another token each time: what one test holds must not answer another.
  const ask = (fetch: () => Promise<Response>, token = jwt({ ...PRODUCTION, jti: `audience-${count++}` })) =>
    requestTokenSource(new Headers({ 'x-vercel-oidc-token': token }), { clock, fetch })
      .capture()
      .token({ audience: 'https://api.example', fresh: false, signal: new AbortController().signal });

  it('is made once for a token and an audience, however many ask', async () => {
    const exchanged = jwt({ ...PRODUCTION, aud: 'https://api.example' });
    let posts = 0;
    const fetch = async (): Promise<Response> => {
      posts += 1;
      return new Response(JSON.stringify({ token: exchanged, expiry: 1 }));
    };
    const token = jwt({ ...PRODUCTION, jti: 'one' });
    await Promise.all(Array.from({ length: 100 }, () => ask(fetch, token)));
    await ask(fetch, token);
    expect(posts).toBe(1);
    await ask(fetch, jwt({ ...PRODUCTION, jti: 'another' }));
    expect(posts).toBe(2);
  });

  it('gives the token of that audience', async () => {
    const exchanged = jwt({ ...PRODUCTION, aud: 'https://api.example' });
    expect((await ask(answer(200, { token: exchanged, expiry: 1 }))).jwt).toBe(exchanged);
  });

  it.each([
    [429, { error: 'slow' }, 'throttled'],
    [503, 'down', 'unavailable'],
    [401, { error: 'expired' }, 'token_rejected'],
    [307, '', 'redirect_refused'],
    [200, '{', 'invalid_response'],
    [200, { token: jwt({ ...PRODUCTION, aud: 'https://other.example' }) }, 'invalid_response'],
    [200, { token: jwt({ aud: 'https://api.example', environment: 'preview' }) }, 'invalid_response'],
  ])('meets %i %j with %s', async (status, body, code) => {
    await expect(ask(answer(status, body))).rejects.toMatchObject({ code });
  });

  it('is refused over http, but for loopback where code allows it', () => {
    expect(() => vercelTokenSource({ tokenEndpoint: 'http://evil.example/~token' })).toThrow(
      expect.objectContaining({ code: 'unsafe_url' }) as Error,
    );
    expect(() => vercelTokenSource({ tokenEndpoint: 'http://127.0.0.1:1/~token' })).toThrow(
      expect.objectContaining({ code: 'unsafe_url' }) as Error,
    );
    expect(() =>
      vercelTokenSource({ tokenEndpoint: 'http://127.0.0.1:1/~token', allowLoopbackHttp: true }),
    ).not.toThrow();
  });
});
