/** Every adapter of @credex/verify on a real server, with its real verifier, against tokens that must and must not pass. */

import type { TokenVerificationError, VercelTokenOptions } from '@credex/verify';
import { createTokenVerifier } from '@credex/verify';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { GuardedServer, Seen } from '../../packages/verify/src/adapters.fixture.js';
import { ADAPTERS, startGuarded } from '../../packages/verify/src/adapters.fixture.js';
import type { HostileToken } from '../../packages/verify/src/hostile-tokens.fixture.js';
import {
  hostileTokens,
  hostileVerifierOptions,
  startHostileEmulator,
} from '../../packages/verify/src/hostile-tokens.fixture.js';
import type { WireAnswer } from '../../packages/verify/src/wire.fixture.js';
import { exchange } from '../../packages/verify/src/wire.fixture.js';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

type HostileEmulator = Awaited<ReturnType<typeof startHostileEmulator>>;

let emulator: HostileEmulator;
let hostile: readonly HostileToken[];
beforeAll(async () => {
  emulator = await startHostileEmulator();
  hostile = await hostileTokens(emulator);
});
afterAll(() => emulator.close());

const SHOP = { team: 'acme', teamId: 'team_acme', project: 'shop', projectId: 'prj_shop' } as const;
const mint = (
  more: { readonly project?: string; readonly projectId?: string; readonly environment?: string } = {},
): Promise<string> => emulator.issuer.mint({ ...SHOP, environment: 'production', ...more });

const B64TOKEN = /^[A-Za-z0-9._~+/-]+=*$/;
/** A header value's outer white space is the transport's, and these bytes end a header or are no bytes at all. */
const canBeSent = (token: string): boolean =>
  token === token.trim() && /^[\t\x20-\x7e\x80-\xff]*$/.test(token);
/** Node's limit for all headers. */
const MAX_HEADERS = 16_384;

function statusFor({ token, code }: HostileToken): number {
  if (token.length > MAX_HEADERS) return 431;
  if (!B64TOKEN.test(token)) return 400;
  return code === 'not_allowed' ? 403 : code === 'keys_unavailable' ? 503 : 401;
}

const CHALLENGES: Readonly<Record<number, string>> = {
  400: 'Bearer realm="orders", error="invalid_request"',
  401: 'Bearer realm="orders", error="invalid_token"',
  403: 'Bearer realm="orders", error="insufficient_scope"',
};

/** Names of the policy, of the issuer, and of claims; and no piece of the token. */
function expectNoWordOf(token: string, { headers, body }: WireAnswer): void {
  const said = JSON.stringify([Object.entries(headers).filter(([name]) => name !== 'date'), body]);
  expect(said).not.toMatch(
    /acme|shop|vercel|production|preview|prj_|team_|jwks|RS256|expired|audience|issuer/i,
  );
  for (const part of token.split('.')) if (part.length >= 12) expect(said).not.toContain(part.slice(0, 12));
}

describe.each(ADAPTERS)('%s', (adapter) => {
  let server: GuardedServer;
  let refused: TokenVerificationError[];
  const start = (options: Omit<VercelTokenOptions<unknown>, 'onRefused'>): Promise<GuardedServer> =>
    startGuarded(adapter, {
      ...options,
      realm: 'orders',
      onRefused: (error: TokenVerificationError) => refused.push(error),
    } as VercelTokenOptions<unknown>);
  beforeEach(async () => {
    refused = [];
    server = await start(hostileVerifierOptions(emulator));
  });
  afterEach(async () => {
    emulator.issuer.setReachable(true);
    await server.close();
  });

  const send = async (token: string): Promise<WireAnswer> => {
    const [answer] = await exchange(server.port, { lines: [`Authorization: Bearer ${token}`] });
    return answer as WireAnswer;
  };

  test('a token of the allowed deployment passes, and the handler knows whose it is', async () => {
    const token = await mint();
    const answer = await send(token);
    expect(answer.status).toBe(200);
    expect((JSON.parse(answer.body) as Seen).caller).toMatchObject({
      iss: 'https://oidc.vercel.com/acme',
      sub: 'owner:acme:project:shop:environment:production',
      project_id: 'prj_shop',
      owner_id: 'team_acme',
      environment: 'production',
    });
    expect((await send(token)).status).toBe(200);
    expect([server.runs(), refused.length]).toEqual([2, 0]);
  });

  test('no hostile token passes; each is answered by its kind alone, and logged by its code', async () => {
    const sent = hostile.filter(({ token }) => canBeSent(token));
    expect(sent.length).toBeGreaterThanOrEqual(80);
    for (const one of sent) {
      refused = [];
      const answer = await send(one.token);
      const status = statusFor(one);
      expect([one.name, answer.status]).toEqual([one.name, status]);
      // What Node itself finds too long comes to no guard.
      if (status === 431) continue;
      expect(answer.headers['www-authenticate'], one.name).toBe(CHALLENGES[status]);
      expect(answer.headers['cache-control'], one.name).toBe('no-store');
      expectNoWordOf(one.token, answer);
      expect([one.name, refused.map(({ code }) => code)]).toEqual([
        one.name,
        [status === 400 ? 'invalid_request' : one.code],
      ]);
    }
    expect(server.runs()).toBe(0);
    // Nor did any of them keep out a token that is accepted.
    expect((await send(await mint())).status).toBe(200);
  });

  test('a genuine token of another project or environment is refused as such', async () => {
    for (const other of [{ environment: 'preview' }, { project: 'blog', projectId: 'prj_blog' }]) {
      const answer = await send(await mint(other));
      expect([answer.status, answer.headers['www-authenticate']]).toEqual([403, CHALLENGES[403]]);
    }
    expect(server.runs()).toBe(0);
    expect(refused.map(({ code }) => code)).toEqual(['not_allowed', 'not_allowed']);
  });

  test("the platform's own header is no credential", async () => {
    const token = await mint();
    const [answer] = await exchange(server.port, {
      path: `/?access_token=${token}`,
      lines: [
        `x-vercel-oidc-token: ${token}`,
        `Proxy-Authorization: Bearer ${token}`,
        `Cookie: token=${token}`,
      ],
    });
    expect([answer?.status, answer?.headers['www-authenticate']]).toEqual([401, 'Bearer realm="orders"']);
    expect(server.runs()).toBe(0);
  });

  test('the same token twice is one too many', async () => {
    const line = `Authorization: Bearer ${await mint()}`;
    const [twice, once] = await exchange(server.port, { lines: [line, line] }, { lines: [line] });
    expect([twice?.status, once?.status]).toEqual([400, 200]);
    expect(server.runs()).toBe(1);
  });

  test('while the keys cannot be fetched every token is refused, and once they can the same token is accepted', async () => {
    emulator.issuer.setReachable(false);
    const token = await mint();
    const unknown = await send(token);
    expect([unknown.status, unknown.body]).toEqual([503, '{"error":"temporarily_unavailable"}']);
    expect(unknown.headers['retry-after']).toMatch(/^[1-9]\d*$/);
    expectNoWordOf(token, unknown);
    expect([server.runs(), refused.map(({ code }) => code)]).toEqual([0, ['keys_unavailable']]);

    emulator.issuer.setReachable(true);
    await emulator.clock.advance(Number(unknown.headers['retry-after']) * 1000);
    expect((await send(token)).status).toBe(200);
  });

  test('a token that is let in ends on time', async () => {
    const token = await mint();
    expect((await send(token)).status).toBe(200);
    await emulator.clock.advance(2 * 3_600_000);
    expect((await send(token)).status).toBe(401);
    expect(refused.map(({ code }) => code)).toEqual(['token_expired']);
    hostile = await hostileTokens(emulator);
  });

  test('callers at the same time are told apart', async () => {
    await server.close();
    const verifier = createTokenVerifier({
      ...hostileVerifierOptions(emulator),
      allow: [{ project: '*', ownerId: 'team_acme', environment: 'production' }],
    });
    server = await start({ verifier } as VercelTokenOptions<unknown>);
    const callers = await Promise.all(
      Array.from({ length: 24 }, async (_, at) => {
        const project = `project-${at}`;
        const token = await mint({
          project,
          projectId: `prj_${at}`,
          environment: at % 4 === 3 ? 'preview' : 'production',
        });
        return { project, token, expected: at % 4 === 3 ? 403 : project };
      }),
    );
    // Thrice: first all tokens are new to the verifier, then all are known.
    for (let round = 0; round < 3; round += 1) {
      const seen = await Promise.all(
        callers.map(async ({ token }) => {
          const answer = await fetch(server.url, { headers: { authorization: `Bearer ${token}` } });
          return answer.status === 200 ? ((await answer.json()) as Seen).caller.project : answer.status;
        }),
      );
      expect(seen).toEqual(callers.map(({ expected }) => expected));
    }
  });
});
