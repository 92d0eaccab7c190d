import { describe, expect, it } from 'vitest';
import { getAwsCredentials } from './aws-credentials-provider.js';
import { isolated, rejection, stubbedClient, withoutPlatform } from './aws.fixture.js';
import { clientStsExchanger } from './client-sts.js';

withoutPlatform();

describe('what a client throws that brought no answer', () => {
  const failing = async (thrown: Error): Promise<unknown> => {
    const { client } = stubbedClient();
    client.send = () => Promise.reject(thrown);
    return rejection(getAwsCredentials(isolated({ exchanger: clientStsExchanger({ client }) })));
  };

  it('is an exception of the service, where a mock of the client makes one', async () => {
    const thrown = Object.assign(new Error('Rate exceeded'), {
      name: 'ThrottlingException',
      $fault: 'client',
      $metadata: { httpStatusCode: 400 },
      $response: { headers: { 'Retry-After': '20' } },
    });
    expect(await failing(thrown)).toMatchObject({
      code: 'throttled',
      serverCode: 'Throttling',
      serverMessage: 'Rate exceeded',
      retryAfterMs: 20_000,
      status: 400,
    });
  });

  it('is quoted only where the server said it', async () => {
    const thrown = Object.assign(new Error('parse error near SECRET'), {
      $metadata: { httpStatusCode: 200 },
    });
    const error = await failing(thrown);
    expect(error).toMatchObject({ code: 'invalid_response', retryable: true });
    expect(String(error)).not.toContain('SECRET');
  });

  it.each(['Unknown', 'UnknownError'])(
    'is no word of the server where the SDK itself says %s',
    async (name) => {
      const thrown = Object.assign(new Error(name), {
        name,
        $fault: 'client',
        $metadata: { httpStatusCode: 403 },
      });
      expect(await failing(thrown)).toMatchObject({
        code: 'invalid_response',
        status: 403,
        serverCode: undefined,
        serverMessage: undefined,
      });
    },
  );

  it('is a failure of the network, whatever an earlier attempt was answered', async () => {
    const { client, sent } = stubbedClient((_sent, count) => {
      if (count === 1) return { status: 500, body: '' };
      throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
    });
    const attempt = (count: number) => ({ getRetryCount: () => count, getRetryDelay: () => 0 });
    client.config.retryStrategy = async () => ({
      acquireInitialRetryToken: async () => attempt(0),
      async refreshRetryTokenForRetry(last: ReturnType<typeof attempt>) {
        if (last.getRetryCount() > 0) throw new Error('No more.');
        return attempt(1);
      },
      recordSuccess: () => undefined,
    });
    // Too short a time for a retry of core's.
    const options = isolated({ timeoutMs: 900, exchanger: clientStsExchanger({ client }) });
    expect(await rejection(getAwsCredentials(options))).toMatchObject({ code: 'network', status: undefined });
    expect(sent).toHaveLength(2);
  });
});
