/** The command sends no token and no login to a server without a trusted certificate, whatever NODE_TLS_REJECT_UNAUTHORIZED says. */

import { mkdirSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { createServer } from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ensureBuilt } from '../../scripts/workspace.mjs';
import { credex, folder, outside, removeFolders } from '../support/command-line.js';
import { STORES } from '../support/credex.js';
import { useFixture } from '../support/use-fixture.js';

const BOUND_MS = 120_000;
const fixture = useFixture();
removeFolders();

/** What the server heard after a handshake; and how many connections there were. */
const heard: string[] = [];
let connections = 0;
const open = new Set<TLSSocket>();
let port: number;
let close: () => void;
beforeAll(async () => {
  await ensureBuilt();
  const server = createServer(fixture.emulator.serverCertificate, (socket) => {
    open.add(socket);
    socket.on('error', () => undefined).on('data', (data) => heard.push(String(data)));
  });
  server.on('connection', () => (connections += 1));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ({ port } = server.address() as AddressInfo);
  close = () => {
    for (const socket of open) socket.destroy();
    server.close();
  };
}, BOUND_MS);
afterAll(() => close());

test.each([
  ['the keys of the issuer', ['whoami', '--verify']],
  ['the login of the Vercel CLI', ['whoami', '--local']],
  ['a token for an exchange', ['exec', 'gcp', '--', 'true']],
  ['a token of another audience', ['exec', 'audience', '--', 'true']],
  ['each step of doctor', ['doctor', 'gcp']],
])(
  '%s: %j',
  async (_what, argv) => {
    const audience = { ...STORES.gcp, audience: 'https://api.example.com' };
    const cwd = folder({ 'credex.config.json': { credentials: { ...STORES, audience } } });
    for (const name of ['.vercel', 'data/com.vercel.cli']) mkdirSync(join(cwd, name), { recursive: true });
    writeFileSync(
      join(cwd, '.vercel/project.json'),
      JSON.stringify({ projectId: 'prj_shop', orgId: 'team_acme' }),
    );
    const expiresAt = Math.floor(Date.now() / 1000) + 3_600;
    const login = JSON.stringify({ token: 'a-login-of-the-vercel-cli', expiresAt });
    writeFileSync(join(cwd, 'data/com.vercel.cli/auth.json'), login, { mode: 0o600 });
    const before = connections;
    heard.length = 0;
    const { code, stdout, stderr } = await credex(argv, {
      cwd,
      env: {
        ...outside(fixture.emulator, { ca: undefined }),
        EMULATED_NAMES: JSON.stringify([['.', port]]),
        HOME: cwd,
        XDG_DATA_HOME: join(cwd, 'data'),
        NODE_TLS_REJECT_UNAUTHORIZED: '0',
        VERCEL_OIDC_TOKEN: await fixture.mint(),
      },
    });
    expect(code).not.toBe(0);
    expect(`${stdout}${stderr}`).toMatch(/certificate|UNABLE_TO_VERIFY|SELF_SIGNED/i);
    expect(connections).toBeGreaterThan(before);
    expect(heard).toEqual([]);
  },
  BOUND_MS,
);
