import { describe, expect, it } from 'vitest';
import { NOW, jwt, runInMemory } from '../memory-io.fixture.js';
import type { MemoryIo } from '../memory-io.fixture.js';
import type { WhoamiReport } from './report.js';

const withToken = (token: string): MemoryIo => ({ env: { VERCEL_OIDC_TOKEN: token } });
const reportOf = async (token: string, ...argv: string[]): Promise<WhoamiReport> =>
  (await runInMemory(['whoami', '--json', ...argv], withToken(token))).json() as WhoamiReport;
const seconds = NOW / 1000;
const GLOBAL = { iss: 'https://oidc.vercel.com' };

describe('what is wrong with a token', () => {
  it('nothing, for a token as Vercel makes it', async () => {
    const { exit, json } = await runInMemory(['whoami', '--json'], withToken(jwt()));
    expect(exit).toBe(0);
    expect(json()).toMatchObject({
      issuerMode: 'team',
      expiresAt: NOW + 3_000_000,
      leftMs: 3_000_000,
      lifetimeMs: 3_600_000,
      findings: [],
    });
  });

  it.each([
    ['expired', 'error', { exp: seconds - 60 }],
    ['ends_soon', 'warning', { exp: seconds + 59 }],
    ['not_yet_valid', 'error', { nbf: seconds + 60 }],
    ['nfb_misspelled', 'note', { nbf: undefined, nfb: seconds }],
    ['passport_token', 'error', { iss: 'https://passport.vercel.com/acme' }],
    ['sign_in_token', 'error', { iss: 'https://vercel.com' }],
    ['foreign_issuer', 'error', { iss: 'https://oidc.vercel.com.evil.example/acme' }],
    ['foreign_issuer', 'error', { iss: 'http://oidc.vercel.com/acme' }],
    ['foreign_issuer', 'error', { iss: 'https://oidc.vercel.com/' }],
    ['no_issuer', 'error', { iss: undefined }],
    ['global_issuer', 'warning', GLOBAL],
    ['subject_unreadable', 'error', { sub: 'project:shop' }],
    ['subject_unreadable', 'error', { sub: undefined }],
    ['claims_disagree', 'error', { project: 'other' }],
    ['claims_disagree', 'error', { environment: 'preview' }],
    ['claims_disagree', 'error', { iss: 'https://oidc.vercel.com/other' }],
    ['ids_missing', 'warning', { owner_id: undefined }],
    ['no_audience', 'error', { aud: undefined }],
    ['no_audience', 'error', { aud: [] }],
    ['many_audiences', 'warning', { aud: ['https://vercel.com/acme', 'https://api.example'] }],
    ['custom_audience', 'note', { aud: 'https://api.example' }],
    ['development_token', 'note', { user_id: 'user_1' }],
  ] as const)('%s is an %s for %j', async (code, severity, claims) => {
    const { exit, json } = await runInMemory(['whoami', '--json'], withToken(jwt(claims)));
    const { findings } = json() as WhoamiReport;
    expect(findings).toContainEqual(expect.objectContaining({ code, severity }));
    expect(exit).toBe(findings.some((one) => one.severity === 'error') ? 1 : 0);
    // What isn't wrong is not said: one fault, one finding.
    if (severity !== 'error') expect(findings).toHaveLength(1);
  });

  it.each([
    ['wrong_algorithm', { alg: 'none' }],
    ['wrong_algorithm', { alg: 'HS256' }],
    ['no_key_id', { kid: undefined }],
  ])('%s for the header %j', async (code, header) => {
    expect((await reportOf(jwt({}, header))).findings).toMatchObject([{ code, severity: 'error' }]);
  });

  it('the environment that is meant, by --for, and the one that the platform names', async () => {
    expect((await reportOf(jwt(), '--for', 'production')).findings).toEqual([]);
    expect((await reportOf(jwt(), '--for', 'preview')).findings).toMatchObject([
      { code: 'wrong_environment' },
    ]);
    const env = { VERCEL_OIDC_TOKEN: jwt(), VERCEL_ENV: 'preview' };
    const { exit, json } = await runInMemory(['whoami', '--json'], { env });
    expect(exit).toBe(0);
    expect(json()).toMatchObject({ findings: [{ code: 'platform_disagrees', severity: 'warning' }] });
    const custom = { ...env, VERCEL_TARGET_ENV: 'production' };
    expect((await runInMemory(['whoami', '--json'], { env: custom })).json()).toMatchObject({ findings: [] });
  });

  it('errors stand first', async () => {
    const { findings } = await reportOf(jwt({ ...GLOBAL, exp: seconds - 1, aud: 'x' }));
    expect(findings.map(({ severity }) => severity)).toEqual(['error', 'warning', 'note']);
  });
});

describe('what is shown', () => {
  it('claims, mode, source and what is left', async () => {
    const { stdout } = await runInMemory(['whoami'], withToken(jwt()));
    expect(stdout).toMatch(/^from +the environment variable VERCEL_OIDC_TOKEN$/m);
    expect(stdout).toMatch(/^issuer mode +team$/m);
    expect(stdout).toMatch(/^left +50 min of 1 h$/m);
    expect(stdout).toMatch(/^sub +owner:acme:project:shop:environment:production$/m);
    expect(stdout).toMatch(/^exp +1800003000 {2}2027-01-15T08:50:00Z$/m);
  });

  it('the token only by its name', async () => {
    const token = jwt();
    for (const argv of [['whoami'], ['whoami', '--json'], ['whoami', '--verbose']]) {
      expect((await runInMemory(argv, withToken(token))).stdout).not.toContain('eyJ');
    }
    expect((await runInMemory(['whoami', '--show-token'], withToken(token))).stdout).toContain(token);
    expect((await reportOf(token, '--show-token')).token).toBe(token);
  });

  it('no escape sequence, and nothing invisible, of a claim', async () => {
    const hostile = '\u001b]0;pwned\u0007\u001b[2K\r\n\u202eevil\u200b\u009b31m';
    const token = jwt({ project: hostile, plan: hostile, [hostile]: hostile, iss: hostile });
    for (const argv of [['whoami'], ['whoami', '--json']]) {
      const { stdout } = await runInMemory(argv, {
        ...withToken(token),
        terminal: 100,
        env: { VERCEL_OIDC_TOKEN: token, NO_COLOR: '1' },
      });
      expect(stdout.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      expect(stdout).toMatch(/\\x1b\]0;pwned|\\u001b\]0;pwned/);
    }
    expect((await reportOf(token)).claims.project).toBe(hostile);
  });

  it('wraps to the terminal, and not for a pipe', async () => {
    const token = jwt({ plan: 'word '.repeat(60), mfe_group_ids: ['x'.repeat(200)] });
    const io = withToken(token);
    const widest = (text: string): number => Math.max(...text.split('\n').map((line) => line.length));
    const narrow = await runInMemory(['whoami'], {
      ...io,
      terminal: 60,
      env: { ...io.env, NO_COLOR: '1' },
    });
    expect(widest(narrow.stdout)).toBeLessThanOrEqual(60);
    expect(narrow.stdout.replaceAll(/\s/g, '')).toContain('x'.repeat(200));
    expect(widest((await runInMemory(['whoami'], io)).stdout)).toBeGreaterThan(200);
  });

  it('claims of wide letters stay within the terminal', async () => {
    const token = jwt({ plan: '東京'.repeat(60) });
    const { stdout } = await runInMemory(['whoami'], {
      terminal: 60,
      env: { VERCEL_OIDC_TOKEN: token, NO_COLOR: '1' },
    });
    for (const line of stdout.split('\n')) {
      const width = Array.from(line).reduce((sum, letter) => sum + (letter > '\u2e80' ? 2 : 1), 0);
      expect(width).toBeLessThanOrEqual(60);
    }
  });

  it('times that no Date can hold, and claims of any type', async () => {
    const { exit, stdout } = await runInMemory(
      ['whoami'],
      withToken(jwt({ exp: 8.64e12, iat: 'yesterday', nbf: undefined, act: { sub: ['a'] }, nothing: null })),
    );
    expect(exit).toBe(0);
    expect(stdout).toMatch(/^act +\{"sub":\["a"\]\}$/m);
    expect(stdout).toMatch(/^iat +yesterday$/m);
  });
});
