// A gRPC server on loopback, by TLS: it keeps each call's path and metadata and answers with the message it is told.
import { Server, ServerCredentials } from '@grpc/grpc-js';
import type { ServerUnaryCall, sendUnaryData } from '@grpc/grpc-js';
import { certificate } from './deployment.ts';

export interface GrpcCall {
  /** `/google.pubsub.v1.Publisher/Publish` */
  readonly path: string;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface GrpcServer {
  readonly port: number;
  readonly calls: readonly GrpcCall[];
  last(): GrpcCall;
}

/** Field `number` of a protobuf message, of wire type 2 and less than 128 bytes. */
export function field(number: number, content: string | Buffer): Buffer {
  const bytes = Buffer.from(content);
  return Buffer.concat([Buffer.of((number << 3) | 2, bytes.length), bytes]);
}

/** @param path Of the one unary method that is served: `/package.Service/Method`. */
export async function startGrpc(path: string, message: Buffer): Promise<GrpcServer> {
  const calls: GrpcCall[] = [];
  const server = new Server();
  const same = (bytes: Buffer): Buffer => bytes;
  server.addService(
    {
      method: {
        path,
        requestStream: false,
        responseStream: false,
        requestSerialize: same,
        requestDeserialize: same,
        responseSerialize: same,
        responseDeserialize: same,
      },
    },
    {
      method(call: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>) {
        const entries = Object.entries(call.metadata.getMap()).map(([name, value]) => [name, String(value)]);
        calls.push({ path: call.getPath(), metadata: Object.fromEntries(entries) as Record<string, string> });
        done(null, message);
      },
    },
  );
  const pair = { private_key: Buffer.from(certificate.key), cert_chain: Buffer.from(certificate.cert) };
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createSsl(null, [pair]), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  return {
    port,
    calls,
    last() {
      const call = calls.at(-1);
      if (call === undefined) throw new Error('No call came.');
      return call;
    },
  };
}
