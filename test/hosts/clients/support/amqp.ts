// An AMQP 1.0 server on loopback, by TLS: it keeps the tokens that clients put to `$cbs` (claims-based security) and
// accepts each message that is sent.
import type { AddressInfo } from 'node:net';
import rhea from 'rhea';
import type { EventContext } from 'rhea';
import { certificate } from './deployment.ts';

export interface AmqpServer {
  readonly host: string;
  readonly port: number;
  readonly tokens: readonly string[];
  /** Bodies of the messages that arrived at any address but `$cbs` and `$management`. */
  readonly messages: readonly unknown[];
}

export async function startAmqp(): Promise<AmqpServer> {
  const tokens: string[] = [];
  const messages: unknown[] = [];
  const container = rhea.create_container();
  container.sasl_server_mechanisms['enable_anonymous']();
  container.sasl_server_mechanisms['MSSBCBS'] = container.sasl_server_mechanisms['ANONYMOUS'];
  const answers = new Map<string, NonNullable<EventContext['sender']>>();

  container.on('sender_open', ({ sender }: EventContext) => {
    if (sender === undefined) return;
    // What the client names as its own address is where it waits for answers.
    sender.set_source({ address: sender.source.address });
    answers.set(String(sender.target?.address), sender);
    answers.set(sender.source.address, sender);
  });
  container.on('receiver_open', ({ receiver }: EventContext) => {
    receiver?.set_target({ address: receiver.target.address });
  });
  container.on('message', ({ message, receiver }: EventContext) => {
    if (message === undefined || receiver === undefined) return;
    const address = String(receiver.target.address);
    if (address === '$cbs') tokens.push(String(message.body));
    else if (!address.endsWith('$management')) messages.push(message.body);
    const answer = answers.get(String(message.reply_to)) ?? answers.get(address);
    if (message.reply_to === undefined) return;
    answer?.send({
      correlation_id: message.message_id as string,
      application_properties: { 'status-code': 202, 'status-description': 'Accepted' },
      body: { partition_ids: ['0'], name: 'orders', created_at: new Date(0) },
    });
  });

  // rhea listens by itself, over TCP or TLS; TLS with this certificate.
  const listener = container.listen({
    transport: 'tls',
    host: '127.0.0.1',
    port: 0,
    key: certificate.key,
    cert: certificate.cert,
  } as unknown as Parameters<typeof container.listen>[0]);
  await new Promise<void>((resolve) => listener.once('listening', resolve));
  listener.unref();
  const { port } = listener.address() as AddressInfo;
  return { host: 'localhost', port, tokens, messages };
}
