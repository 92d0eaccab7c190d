/**
 * A MongoDB server on loopback that logs clients in by MONGODB-AWS, over TLS: two steps, a nonce of each side, and the signed request
 * GetCallerIdentity, which it sends to the emulator's STS as MongoDB sends it to AWS. Only a caller that the server knows is
 * accepted.
 *
 * Guessed: the words of the refusals, and that the caller is known by the ARN of its role (as in Atlas: `arn:aws:iam::…:role/…`).
 *
 * @see https://github.com/mongodb/specifications/blob/master/source/auth/auth.md#mongodb-aws
 */

import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import type { Emulator } from '@credex/testing/emulator';
import type { Bson, Document, MongoServer, SaslStep } from '../support/mongo-server.js';
import { startMongoServer } from '../support/mongo-server.js';

const STS_HOST = 'sts.eu-west-1.amazonaws.com';
const STS_BODY = 'Action=GetCallerIdentity&Version=2011-06-15';
const NONCE_BYTES = 32;
/** "No channel binding". */
const GS2_FLAG = 'n'.charCodeAt(0);

export interface AwsLogin {
  readonly accepted: boolean;
  readonly reason?: string;
}

export interface AwsMongoServer extends MongoServer {
  /** All logins so far, the oldest first. */
  logins(): readonly AwsLogin[];
}

function demand(isSo: boolean, what: string): asserts isSo {
  if (!isSo) throw new Error(what);
}

const hasOnly = (document: Document, ...names: readonly string[]): boolean =>
  Object.keys(document).sort().join() === [...names].sort().join();

/** The first step: the client's nonce and its channel binding. Returns the nonce of both. */
function bothNonces(payload: Document): Buffer {
  demand(hasOnly(payload, 'r', 'p'), 'The first payload is not { r, p }.');
  const { buffer } = payload['r'] as { readonly buffer: Uint8Array };
  demand(buffer.length === NONCE_BYTES, `The nonce of the client has ${buffer.length} bytes, not 32.`);
  demand(payload['p'] === GS2_FLAG, 'The flag of the channel binding is not n.');
  return Buffer.concat([buffer, randomBytes(NONCE_BYTES)]);
}

/** The second step: the headers of the request that the server is to send. */
function signedHeaders(payload: Document, nonce: Buffer): Record<string, string> {
  const { a: authorization, d: date, t: token } = payload;
  demand(
    hasOnly(payload, 'a', 'd', ...(token === undefined ? [] : ['t'])),
    'The second payload is not { a, d, t }.',
  );
  demand(typeof authorization === 'string' && typeof date === 'string', 'a or d is not a text.');
  demand(token === undefined || (typeof token === 'string' && token !== ''), 't is not a text.');
  const headers: Record<string, string> = {
    'content-length': String(STS_BODY.length),
    'content-type': 'application/x-www-form-urlencoded',
    host: STS_HOST,
    'x-amz-date': date,
    ...(token === undefined ? {} : { 'x-amz-security-token': token as string }),
    'x-mongodb-gs2-cb-flag': 'n',
    'x-mongodb-server-nonce': nonce.toString('base64'),
  };
  const signed =
    /^AWS4-HMAC-SHA256 Credential=[^,\s]+, ?SignedHeaders=([^,\s]+), ?Signature=[0-9a-f]{64}$/.exec(
      authorization,
    )?.[1];
  const expected = Object.keys(headers).join(';');
  demand(signed === expected, `The signed headers are ${signed}, not ${expected}.`);
  return { ...headers, authorization };
}

/** The ARN of the caller, from STS. */
function callerOf(emulator: Emulator, headers: Record<string, string>): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request(emulator.url('aws-sts'), { method: 'POST', headers, setHost: false }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => (text += chunk));
      response.on('end', () => {
        const arn = /<Arn>([^<]+)<\/Arn>/.exec(text)?.[1];
        if (response.statusCode === 200 && arn !== undefined) resolve(arn);
        else
          reject(
            new Error(/<Code>([^<]+)<\/Code>/.exec(text)?.[1] ?? `STS answered ${response.statusCode}.`),
          );
      });
    });
    sent.once('error', reject);
    sent.end(STS_BODY);
  });
}

/** @param roleArn The role that may log in. */
export async function startMongoAws(
  bson: Bson,
  emulator: Emulator,
  roleArn: string,
): Promise<AwsMongoServer> {
  const logins: AwsLogin[] = [];
  const [, account = '', role = ''] = /^arn:aws:iam::(\d+):role\/(.+)$/.exec(roleArn) ?? [];
  const session = `arn:aws:sts::${account}:assumed-role/${role}/`;

  const conversation = (): SaslStep => {
    let nonce: Buffer = Buffer.alloc(0);
    const run: SaslStep = async (step, payload) => {
      if (step === 'saslStart') {
        nonce = bothNonces(payload);
        return { done: false, payload: { s: nonce, h: STS_HOST } };
      }
      const arn = await callerOf(emulator, signedHeaders(payload, nonce));
      demand(arn.startsWith(session), `${arn} is not a user here.`);
      logins.push({ accepted: true });
      return { done: true };
    };
    return async (step, payload) => {
      try {
        return await run(step, payload);
      } catch (error) {
        logins.push({ accepted: false, reason: (error as Error).message });
        throw error;
      }
    };
  };

  const tls = emulator.serverCertificate;
  const server = await startMongoServer({ bson, mechanism: 'MONGODB-AWS', conversation, tls });
  return { ...server, logins: () => [...logins] };
}
