import assert from 'node:assert/strict';
import { EventHubProducerClient } from '@azure/event-hubs';
import { azureCredentialsProvider } from '@credex/azure';
import { startAmqp } from '../support/amqp.ts';
import { assertEntraToken } from '../support/bearer.ts';
import { TEXT, options } from '../support/deployment.ts';

export async function call(): Promise<string> {
  const server = await startAmqp();
  const producer = new EventHubProducerClient(
    'shop.servicebus.windows.net',
    'orders',
    azureCredentialsProvider(options.azure),
    {
      customEndpointAddress: `https://${server.host}:${server.port}`,
    },
  );
  await producer.sendBatch([{ body: TEXT }]);
  await producer.close();
  assert.equal(server.messages.length, 1);
  await assertEntraToken(server.tokens[0], 'https://eventhubs.azure.net//.default');
  return 'AMQP over TLS: put-token with a token for eventhubs.azure.net, then an event';
}
