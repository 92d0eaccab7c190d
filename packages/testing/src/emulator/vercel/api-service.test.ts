import { decodeJwt } from 'jose';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { startEmulator } from '../../emulator.js';
import type { Emulator } from '../../emulator.js';

vi.setConfig({ testTimeout: 30_000 });
const shop = { team: 'acme', teamId: 'team_acme', project: 'shop', projectId: 'prj_shop' };
const ada = { userId: 'user_ada', teamIds: ['team_acme'] };
let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator();
  emulator.vercel.createProject(shop);
}, 30_000);
afterEach(() => {
  emulator.log.clear();
  emulator.faults.clear();
});
afterAll(() => emulator.close());

const ask = async (path: string, token: string | undefined, method = 'POST') => {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch(emulator.url('vercel-api') + path, { method, headers });
  const body = (await response.json()) as { token?: string; error?: { code: string; message: string } };
  return { status: response.status, ...body };
};
const TOKEN = '/v1/projects/prj_shop/token?source=vercel-oidc-refresh&teamId=team_acme';

test('a login brings a development token of 12 hours that the issuer signed', async () => {
  const { token } = emulator.vercel.createLogin(ada);
  const answer = await ask(TOKEN, token);
  expect(answer.status).toBe(200);
  const claims = decodeJwt(answer.token ?? '');
  expect(claims).toMatchObject({
    iss: 'https://oidc.vercel.com/acme',
    project_id: 'prj_shop',
    owner_id: 'team_acme',
    environment: 'development',
    user_id: 'user_ada',
  });
  expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(43_200);
  const exchanged = await fetch(`${emulator.url('issuer')}/~token`, {
    method: 'POST',
    body: JSON.stringify({ token: answer.token, aud: 'x' }),
  });
  expect(exchanged.status).toBe(200);
  const [entry] = emulator.log.entries('vercel-api');
  expect(entry).toMatchObject({
    path: '/v1/projects/prj_shop/token',
    notes: { action: 'project-token', projectId: 'prj_shop', userId: 'user_ada' },
  });
  expect(JSON.stringify(entry)).not.toContain(token);
  expect((await ask('/projects/shop/token?teamId=team_acme', token)).status).toBe(200);
});

test('what it refuses, in its own words', async () => {
  const { token } = emulator.vercel.createLogin(ada);
  const refused = async (...asked: Parameters<typeof ask>) => {
    const { status, error } = await ask(...asked);
    return [status, error?.code, error];
  };
  expect(await refused(TOKEN, undefined)).toEqual([
    403,
    'forbidden',
    expect.objectContaining({ missingToken: true }),
  ]);
  const invalid = [403, 'forbidden', expect.objectContaining({ invalidToken: true })];
  expect(await refused(TOKEN, 'vca_unknown')).toEqual(invalid);
  const foreign = emulator.vercel.createLogin({ userId: 'user_eve', teamIds: [] }).token;
  expect((await refused(TOKEN, foreign)).slice(0, 2)).toEqual([403, 'team_unauthorized']);
  expect((await refused('/v1/projects/prj_shop/token', token)).slice(0, 2)).toEqual([404, 'not_found']);
  expect((await refused('/v1/projects/prj_gone/token?teamId=team_acme', token))[1]).toBe('not_found');
  expect((await refused('/v1/projects/%E0%A4%A/token?teamId=team_acme', token))[1]).toBe('not_found');
  expect((await refused(TOKEN, token, 'GET')).slice(0, 2)).toEqual([405, 'method_unknown']);
  expect((await refused('/v2/user', token))[0]).toBe(404);
  emulator.vercel.revokeLogin(token);
  expect(await refused(TOKEN, token)).toEqual(invalid);
});

test('a login ends, a project goes, and OIDC can be off', async () => {
  const { token, expiresAt } = emulator.vercel.createLogin({ ...ada, lifetimeSeconds: 60 });
  expect(expiresAt).toBe(Math.floor((emulator.clock.now() + 60_000) / 1_000));
  emulator.clock.advance(60_000);
  expect((await ask(TOKEN, token)).status).toBe(403);
  emulator.clock.advance(-60_000);

  emulator.vercel.createProject({ ...shop, project: 'off', projectId: 'prj_off', oidc: false });
  expect(await ask('/v1/projects/prj_off/token?teamId=team_acme', token)).toMatchObject({
    status: 400,
    error: { message: 'OIDC is not enabled for this project' },
  });
  emulator.vercel.deleteProject('prj_off');
  expect((await ask('/v1/projects/prj_off/token?teamId=team_acme', token)).status).toBe(404);
  expect(() => emulator.vercel.createProject(shop)).toThrow('projectId');
  expect(() => emulator.vercel.createLogin({ userId: '', teamIds: [] })).toThrow('userId');
});

test('planted faults are in its own words', async () => {
  const { token } = emulator.vercel.createLogin(ada);
  emulator.faults.plant({ service: 'vercel-api', times: 1, fault: { kind: 'throttle' } });
  expect(await ask(TOKEN, token)).toMatchObject({ status: 429, error: { code: 'rate_limited' } });
  emulator.faults.plant({ service: 'vercel-api', times: 1, fault: { kind: 'status', status: 500 } });
  expect(await ask(TOKEN, token)).toMatchObject({ status: 500, error: { code: 'internal_server_error' } });
  emulator.faults.plant({
    service: 'vercel-api',
    times: 1,
    fault: { kind: 'missing-field', field: 'token' },
  });
  expect(await ask(TOKEN, token)).toEqual({ status: 200 });
});
