import { execFileSync } from 'node:child_process';
import fs, { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { NOW, clock, jwt, never, read, subjectOf } from '../platform/token-source.fixture.js';
import type { KubernetesTokenSourceOptions, TokenFileSourceOptions } from '../index.js';
import { gitlabTokenSource, kubernetesTokenSource, tokenFileSource } from '../index.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'credex-'));
  vi.stubEnv('AWS_WEB_IDENTITY_TOKEN_FILE', undefined);
  vi.stubEnv('AZURE_FEDERATED_TOKEN_FILE', undefined);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});
const wanted = (more: { audience?: string; fresh?: boolean } = {}) => ({
  audience: undefined,
  fresh: false,
  signal: never,
  ...more,
});

describe('a file', () => {
  const source = (more: Partial<TokenFileSourceOptions> = {}) =>
    tokenFileSource({ path: join(folder, 'token'), clock, ...more });
  const write = (text: string): Promise<void> => writeFile(join(folder, 'token'), text);
  /** As a good rotator does. */
  const rotate = async (text: string): Promise<void> => {
    await writeFile(join(folder, 'new'), text);
    await rename(join(folder, 'new'), join(folder, 'token'));
  };

  it('is read for each caller, who keeps what was read', async () => {
    const tokens = source();
    await write(`${jwt({ sub: 'first' })}\n`);
    const early = tokens.capture();
    expect((await early.token(wanted())).claims.sub).toBe('first');
    await rotate(jwt({ sub: 'second' }));
    expect(await subjectOf(tokens)).toBe('second');
    // Its digest is the key already: another token must not be exchanged under it.
    expect((await early.token(wanted())).claims.sub).toBe('first');
  });

  it('has a fresher token where it turned, of the same identity only', async () => {
    await write(jwt({ sub: 'shop', jti: 1 }));
    const subject = source().capture();
    await subject.token(wanted());
    const none = { code: 'no_fresher_token', provider: 'token-file' };
    await expect(subject.token(wanted({ fresh: true }))).rejects.toMatchObject(none);
    await rotate(jwt({ sub: 'other', jti: 2 }));
    await expect(subject.token(wanted({ fresh: true }))).rejects.toMatchObject(none);
    await rotate(jwt({ sub: 'shop', jti: 3 }));
    expect((await subject.token(wanted({ fresh: true }))).claims['jti']).toBe(3);
    expect((await subject.token(wanted())).claims['jti']).toBe(3);
  });

  it('is read for each of many at once without a half token, while it is rotated', async () => {
    const tokens = source();
    await write(jwt({ sub: 'shop', jti: -1 }));
    let done = false;
    const rotating = (async () => {
      for (let jti = 0; jti < 100; jti++) await rotate(jwt({ sub: 'shop', jti, pad: 'x'.repeat(jti * 40) }));
      done = true;
    })();
    let count = 0;
    while (!done || count < 20) {
      expect(await subjectOf(tokens)).toBe('shop');
      count += 1;
    }
    await rotating;
  });

  it('that is met half written is read once more', async () => {
    const { open } = fs;
    let opened = 0;
    try {
      fs.open = async (...file) => {
        opened += 1;
        if (opened === 2) await write(jwt({ sub: 'whole' }));
        return open(...file);
      };
      syncBuiltinESMExports();
      await write(jwt({ sub: 'whole' }).slice(0, 40));
      expect(await subjectOf(source())).toBe('whole');
      await subjectOf(source());
      expect(opened).toBe(3);
    } finally {
      fs.open = open;
      syncBuiltinESMExports();
    }
  });

  it.each([
    ['no file', undefined, 'no_subject_token'],
    ['an empty file', ' \n', 'invalid_subject_token'],
    ['half a token', jwt({}).slice(0, 40), 'invalid_subject_token'],
    ['two tokens', `${jwt({})}\n${jwt({})}`, 'invalid_subject_token'],
    ['70 KB', 'a'.repeat(70_000), 'invalid_subject_token'],
    ['a token that has ended', jwt({ exp: NOW / 1000 }), 'subject_token_expired'],
  ])('says what is wrong with %s, and not what was in it', async (_what, text, code) => {
    if (text !== undefined) await write(text);
    const error: unknown = await read(source()).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'FederationError', code, provider: 'token-file' });
    expect((error as Error).message).toContain(folder);
    expect(String(error)).not.toContain('eyJ');
  });

  it('that can not be read is no vacant place', async () => {
    await mkdir(join(folder, 'token'));
    await expect(read(source())).rejects.toMatchObject({ code: 'invalid_subject_token' });
  });

  it('that is a pipe without a writer delays no call', async () => {
    execFileSync('/usr/bin/mkfifo', [join(folder, 'token')]);
    await expect(read(source())).rejects.toMatchObject({ code: 'invalid_subject_token' });
  });

  it('is compared with its audience, the requested one, and the claims', async () => {
    await write(jwt({ sub: 'shop', aud: ['a', 'b'], ref: 'main', list: ['main'] }));
    expect(await subjectOf(source({ audience: 'a', expectClaims: { ref: 'main' } }), 'b')).toBe('shop');
    await expect(read(source({ audience: 'c' }))).rejects.toMatchObject({ code: 'audience_mismatch' });
    await expect(read(source(), 'c')).rejects.toMatchObject({ code: 'audience_mismatch' });
    for (const claim of [{ ref: 'other' }, { absent: 'main' }, { list: 'main' }]) {
      await expect(
        read(source({ expectClaims: claim as unknown as Record<string, string> })),
      ).rejects.toMatchObject({
        code: 'subject_mismatch',
        presented: { sub: 'shop' },
      });
    }
  });

  it('has an identity key only if its user names one, and then a separate one', () => {
    const [one, other] = [{ path: '/a' }, { path: '/b' }].map((more) =>
      source({ ...more, identityKey: 'shop' }),
    );
    expect(source().capture().identityKey).toBeUndefined();
    expect(one?.capture().identityKey).toBe('["token-file",["/a"],null,{},"shop"]');
    expect(other?.capture().identityKey).toBe('["token-file",["/b"],null,{},"shop"]');
    for (const more of [{ audience: 'x' }, { expectClaims: { ref: 'x' } }, { identityKey: 'shop2' }]) {
      const near = source({ path: '/a', identityKey: 'shop', ...more });
      expect(near.capture().identityKey).not.toBe(one?.capture().identityKey);
    }
  });

  it.each([
    [{ path: '' }, 'path'],
    [{ path: undefined }, 'path'],
    [{ file: 'a' }, 'file'],
    [{ audience: 1 }, 'audience'],
    [{ identityKey: '' }, 'identityKey'],
    [{ clock: 1 }, 'clock'],
    [{ expectClaims: {} }, 'expectClaims'],
    [{ expectClaims: { aud: 'a' } }, 'expectClaims.aud'],
    [{ expectClaims: { ref: 1 } }, 'expectClaims.ref'],
  ])('refuses %j when it is created', (more, option) => {
    expect(() => source(more as unknown as TokenFileSourceOptions)).toThrow(
      expect.objectContaining({ name: 'OptionError', option }) as Error,
    );
  });
});

describe("a pod's projected volume", () => {
  /** As the kubelet writes: a folder for each turn, `..data` swapped over it, links that stay. */
  const publish = async (token: string): Promise<void> => {
    const turn = await mkdtemp(join(folder, '..turn-'));
    await writeFile(join(turn, 'token'), token);
    await symlink(turn, join(folder, '..data_tmp'));
    await rename(join(folder, '..data_tmp'), join(folder, '..data'));
    await symlink(join('..data', 'token'), join(folder, 'token')).catch(() => undefined);
  };
  const source = (more: KubernetesTokenSourceOptions = {}) => kubernetesTokenSource({ clock, ...more });

  it('is read again after its link was swapped', async () => {
    const tokens = source({ path: join(folder, 'token') });
    await publish(jwt({ sub: 'system:serviceaccount:shop:api', jti: 1, aud: ['sts.amazonaws.com'] }));
    expect((await read(tokens, 'sts.amazonaws.com')).claims['jti']).toBe(1);
    await publish(jwt({ sub: 'system:serviceaccount:shop:api', jti: 2, aud: ['sts.amazonaws.com'] }));
    expect((await read(tokens, 'sts.amazonaws.com')).claims['jti']).toBe(2);
  });

  it.each(['AWS_WEB_IDENTITY_TOKEN_FILE', 'AZURE_FEDERATED_TOKEN_FILE'])(
    'is found by %s',
    async (variable) => {
      const tokens = source();
      await publish(jwt({ sub: 'pod' }));
      await expect(read(tokens)).rejects.toMatchObject({ code: 'no_subject_token', provider: 'kubernetes' });
      vi.stubEnv(variable, join(folder, 'token'));
      const subject = tokens.capture();
      vi.stubEnv(variable, '/of/another/time');
      expect((await subject.token(wanted())).claims.sub).toBe('pod');
    },
  );

  it('must be named if two variables name two files', async () => {
    vi.stubEnv('AWS_WEB_IDENTITY_TOKEN_FILE', '/a');
    vi.stubEnv('AZURE_FEDERATED_TOKEN_FILE', '/b');
    const conflict = { name: 'OptionError', code: 'conflicting_options', option: 'path' };
    await expect(read(source())).rejects.toMatchObject(conflict);
    vi.stubEnv('AZURE_FEDERATED_TOKEN_FILE', '/a');
    await expect(read(source())).rejects.toMatchObject({ code: 'no_subject_token' });
  });

  it("never is the cluster's own API token", async () => {
    const path = '/var/run/secrets/kubernetes.io/serviceaccount/token';
    const refused = { name: 'OptionError', option: 'path' };
    for (const one of [path, `/${path}`, path.replace('.io/', '.io//'), path.replace('.io/', '.io/./')])
      expect(() => source({ path: one })).toThrow(expect.objectContaining(refused) as Error);
    vi.stubEnv('AWS_WEB_IDENTITY_TOKEN_FILE', path);
    await expect(read(source())).rejects.toMatchObject({
      ...refused,
      environmentVariable: 'AWS_WEB_IDENTITY_TOKEN_FILE',
    });
  });

  it("never is the cluster's own API token by way of a link", async () => {
    await publish(jwt({}));
    const files = process.getBuiltinModule('node:fs/promises');
    const real = '/run/secrets/kubernetes.io/serviceaccount/..2026_11_30/token';
    vi.spyOn(files, 'realpath').mockResolvedValueOnce(real);
    await expect(read(source({ path: join(folder, 'token') }))).rejects.toMatchObject({ option: 'path' });
    expect((await read(source({ path: join(folder, 'token') }))).jwt).toContain('.');
    vi.restoreAllMocks();
  });

  it('says which line its audience stands in', async () => {
    await publish(jwt({ aud: ['https://kubernetes.default.svc'] }));
    await expect(read(source({ path: join(folder, 'token') }), 'sts.amazonaws.com')).rejects.toMatchObject({
      code: 'audience_mismatch',
      hint: expect.stringContaining(
        'serviceAccountToken: { path: …, audience: "sts.amazonaws.com" }',
      ) as string,
    });
  });
});

describe("a GitLab job's variable", () => {
  /** The claims of GitLab's documentation, ids as strings. */
  const GITLAB = {
    iss: 'https://gitlab.example.com',
    sub: 'project_path:acme/shop:ref_type:branch:ref:main',
    aud: 'https://gitlab.com/acme',
    project_id: '22',
    namespace_id: '72',
    environment: 'production',
    ref_protected: 'true',
  };
  const source = gitlabTokenSource({
    variable: 'AWS_ID_TOKEN',
    expectClaims: { project_id: '22', ref_protected: 'true' },
    clock,
  });

  it('is of the moment of the capture', async () => {
    vi.stubEnv('AWS_ID_TOKEN', jwt(GITLAB));
    const subject = source.capture();
    vi.stubEnv('AWS_ID_TOKEN', 'another');
    expect((await subject.token(wanted({ audience: GITLAB.aud }))).claims.sub).toBe(GITLAB.sub);
    await expect(subject.token(wanted({ fresh: true }))).rejects.toMatchObject({ code: 'no_fresher_token' });
  });

  it('says which line to add', async () => {
    vi.stubEnv('AWS_ID_TOKEN', undefined);
    await expect(read(source)).rejects.toMatchObject({ code: 'no_subject_token', provider: 'gitlab' });
    vi.stubEnv('AWS_ID_TOKEN', jwt(GITLAB));
    await expect(read(source, 'sts.amazonaws.com')).rejects.toMatchObject({
      code: 'audience_mismatch',
      hint: expect.stringContaining('id_tokens: { AWS_ID_TOKEN: { aud: "sts.amazonaws.com" } }') as string,
    });
    vi.stubEnv('AWS_ID_TOKEN', jwt({ ...GITLAB, project_id: '23' }));
    await expect(read(source)).rejects.toMatchObject({ code: 'subject_mismatch' });
  });

  it.each(['', 'AWS-ID', '1A', 'A B', '$A'])('has no name such as %j', (variable) => {
    expect(() => gitlabTokenSource({ variable })).toThrow(
      expect.objectContaining({ option: 'variable' }) as Error,
    );
  });
});
