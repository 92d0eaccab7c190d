import { afterEach, describe, expect, it, vi } from 'vitest';
import { networkMessage } from './failure.js';

afterEach(() => vi.unstubAllEnvs());

const HOST = 'sts.eu-west-1.amazonaws.com';
const socketError = (code: string, more: object = {}): Error =>
  new TypeError('fetch failed', { cause: Object.assign(new Error(code), { code, ...more }) });
const network = (thrown: unknown, host = HOST) => networkMessage(thrown, { code: 'network' }, host, 2_500);

describe('a failure of the network names', () => {
  it('host, port, error number and address', () => {
    const refused = socketError('ECONNREFUSED', { address: '127.0.0.1', port: 443 });
    expect(network(refused)).toEqual({
      message: `${HOST}:443 could not be reached: ECONNREFUSED at 127.0.0.1:443.`,
      hint: `Nothing accepts connections at ${HOST}. Check the endpoint and the firewall.`,
    });
    expect(network(socketError('ECONNRESET'), '127.0.0.1:8443').message).toBe(
      '127.0.0.1:8443 could not be reached: ECONNRESET.',
    );
  });

  it('what to check where a name does not resolve, and where no reason is known', () => {
    expect(network(socketError('ENOTFOUND')).hint).toMatch(/does not resolve.*DNS/);
    expect(network(socketError('EAI_AGAIN')).hint).toMatch(/does not resolve/);
    expect(network(new TypeError('Load failed')).hint).toMatch(/HTTPS_PROXY/);
  });

  it('the first of several addresses', () => {
    const first = Object.assign(new Error('x'), { code: 'ECONNREFUSED', address: '::1', port: 443 });
    expect(network(new AggregateError([first])).message).toContain('ECONNREFUSED at ::1:443');
  });

  it('the proxy, without its user name and password', () => {
    vi.stubEnv('HTTPS_PROXY', 'http://user:s3cret@proxy.example:3128');
    const { message, hint } = network(socketError('ECONNREFUSED'));
    expect(message).toBe(
      `${HOST}:443 through the proxy http://proxy.example:3128 (HTTPS_PROXY) could not be reached: ECONNREFUSED.`,
    );
    expect(hint).toMatch(/HTTPS_PROXY.*NO_PROXY/);
    expect(message + hint).not.toMatch(/user|s3cret/);
    vi.stubEnv('NO_PROXY', HOST);
    expect(network(socketError('ECONNREFUSED')).message).not.toContain('proxy');
  });

  it("keeps the cloud's own hint, which knows more", () => {
    const hint = 'The certificate is not trusted.';
    expect(networkMessage(socketError('CERT_X'), { code: 'network', hint }, HOST, 2_500).hint).toBe(hint);
  });
});

it('a timeout names the host and the limit', () => {
  const late = new DOMException('late', 'TimeoutError');
  const { message, hint } = networkMessage(late, { code: 'timeout' }, HOST, 2_500);
  expect(message).toBe(`${HOST}:443 did not answer within 2500 ms.`);
  expect(hint).toMatch(/network between this machine and the host/);
  const system = networkMessage(socketError('ETIMEDOUT'), { code: 'timeout' }, HOST, 2_500);
  expect(system.message).toBe(`${HOST}:443 did not answer in time: ETIMEDOUT.`);
});
