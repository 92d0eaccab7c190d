import assert from 'node:assert/strict';
import { ServiceBusClient } from '@azure/service-bus';
import { azureCredentialsProvider } from '@credex/azure';
import { startAmqp } from '../support/amqp.ts';
import { assertEntraToken } from '../support/bearer.ts';
import { TEXT, options } from '../support/deployment.ts';

export async function call(): Promise<string> {
  const server = await startAmqp();
  const bus = new ServiceBusClient('shop.servicebus.windows.net', azureCredentialsProvider(options.azure), {
    customEndpointAddress: `https://${server.host}:${server.port}`,
  });
  const sender = bus.createSender('orders');
  await sender.sendMessages({ body: TEXT });
  await bus.close();
  assert.equal(server.messages.length, 1);
  await assertEntraToken(server.tokens[0], 'https://servicebus.azure.net//.default');
  return 'AMQP over TLS: put-token with a token for servicebus.azure.net, then a message';
}
