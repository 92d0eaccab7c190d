/** The parties that take a token, on loopback: each accepts only a token of the issuer for its own audience. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { createCertificateAuthority } from '../../packages/testing/src/emulator/server/certificates.js';

/** What a party returned for one request: `host path`, and the status. */
export type Told = readonly [request: string, status: number];

export interface Parties {
  readonly port: number;
  /** The certificate of their authority, PEM. */
  readonly ca: string;
  /** Each request, in order. */
  readonly told: Told[];
  /** @throws if the token is not one of production for this audience */
  verify(jwt: string, audience: string): Promise<void>;
  close(): void;
}

const TEAM_ISSUER = 'https://oidc.vercel.com/acme';
const SUBJECT = 'owner:acme:project:shop:environment:production';
/** Of the tokens that the parties issue. */
const ISSUED = 'issued-token';

class Refused extends Error {
  readonly status: number;
  constructor(status: number, why: string) {
    super(why);
    this.status = status;
  }
}

type Answer = (party: {
  readonly headers: IncomingMessage['headers'];
  readonly form: URLSearchParams;
  readonly json: Readonly<Record<string, unknown>>;
}) => Promise<object>;

function equal(actual: unknown, expected: unknown, what: string): void {
  if (actual !== expected) throw new Refused(400, `${what} is ${String(actual)}, not ${String(expected)}.`);
}

function bearer({ authorization }: IncomingMessage['headers']): void {
  if (authorization !== `Bearer ${ISSUED}`) throw new Refused(401, 'Another bearer token.');
}

const TOKEN_TYPE = 'urn:ietf:params:oauth:token-type:jwt';
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const ISSUED_TOKEN = { access_token: ISSUED, token_type: 'Bearer', expires_in: 3_600 };

/** By host and path. */
function answers(verify: Parties['verify']): Readonly<Record<string, Answer>> {
  return {
    'api.anthropic.com /v1/oauth/token': async ({ json, headers }) => {
      equal(json['grant_type'], 'urn:ietf:params:oauth:grant-type:jwt-bearer', 'grant_type');
      equal(json['federation_rule_id'], 'fdrl_shop', 'federation_rule_id');
      equal(headers['anthropic-beta'], 'oauth-2025-04-20,oidc-federation-2026-04-01', 'anthropic-beta');
      await verify(String(json['assertion']), 'https://api.anthropic.com');
      return ISSUED_TOKEN;
    },
    'api.anthropic.com /v1/messages': async ({ headers }) => {
      bearer(headers);
      return {
        id: 'msg_1',
        type: 'message',
        role: 'assistant',
        model: 'claude',
        content: [{ type: 'text', text: 'pears' }],
        stop_reason: 'end_turn',
        usage: { input_tokens: 1, output_tokens: 1 },
      };
    },
    'auth.openai.com /oauth/token': async ({ json }) => {
      equal(json['grant_type'], EXCHANGE, 'grant_type');
      equal(json['subject_token_type'], TOKEN_TYPE, 'subject_token_type');
      equal(json['service_account_id'], 'sa_shop', 'service_account_id');
      await verify(String(json['subject_token']), 'https://api.openai.com/v1');
      return { ...ISSUED_TOKEN, issued_token_type: 'urn:ietf:params:oauth:token-type:access_token' };
    },
    'api.openai.com /v1/responses': async ({ headers }) => {
      bearer(headers);
      const content = [{ type: 'output_text', text: 'pears', annotations: [] }];
      return {
        id: 'resp_1',
        object: 'response',
        status: 'completed',
        output: [{ type: 'message', id: 'msg_1', role: 'assistant', status: 'completed', content }],
      };
    },
    'dbc-shop.cloud.databricks.com /oidc/v1/token': async ({ form }) => {
      equal(form.get('grant_type'), EXCHANGE, 'grant_type');
      equal(form.get('subject_token_type'), TOKEN_TYPE, 'subject_token_type');
      equal(form.get('client_id'), 'sp-shop', 'client_id');
      await verify(String(form.get('subject_token')), 'https://dbc-shop.cloud.databricks.com');
      return ISSUED_TOKEN;
    },
    'dbc-shop.cloud.databricks.com /sql/1.0/warehouses/shop': async ({ headers }) => {
      bearer(headers);
      // The session itself is Thrift, which this server does not speak.
      throw new Refused(422, 'The token was accepted.');
    },
    'acme-prod.snowflakecomputing.com /session/v1/login-request': async ({ json }) => {
      const data = json['data'] as Readonly<Record<string, unknown>>;
      equal(data['AUTHENTICATOR'], 'WORKLOAD_IDENTITY', 'AUTHENTICATOR');
      equal(data['PROVIDER'], 'OIDC', 'PROVIDER');
      await verify(String(data['TOKEN']), 'snowflakecomputing.com');
      const login = { token: ISSUED, masterToken: ISSUED, sessionId: 1, parameters: [], sessionInfo: {} };
      return { success: true, code: null, message: null, data: login };
    },
  };
}

/** @param keys the issuer's keys, such as `http://127.0.0.1:1234/.well-known/jwks` */
export async function startParties(keys: URL): Promise<Parties> {
  const jwks = createRemoteJWKSet(keys);
  const verify = async (jwt: string, audience: string): Promise<void> => {
    try {
      await jwtVerify(jwt, jwks, { issuer: TEAM_ISSUER, audience, subject: SUBJECT });
    } catch (error) {
      throw new Refused(401, String(error));
    }
  };
  const told: Told[] = [];
  const table = answers(verify);

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of request) chunks.push(chunk as Uint8Array);
    const body = Buffer.concat(chunks).toString();
    const { pathname } = new URL(request.url ?? '', 'https://party');
    const name = `${request.headers.host} ${pathname}`;
    let status = 200;
    let answer: object;
    try {
      const found = table[name];
      if (found === undefined) throw new Refused(404, `There is no ${name} here.`);
      const isJson = request.headers['content-type']?.includes('json') === true;
      const json = isJson ? (JSON.parse(body) as Readonly<Record<string, unknown>>) : {};
      answer = await found({ headers: request.headers, form: new URLSearchParams(body), json });
    } catch (error) {
      status = error instanceof Refused ? error.status : 500;
      answer = { error: { message: String(error) } };
    }
    told.push([name, status]);
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  }

  const { ca, serverOptions } = await createCertificateAuthority();
  const server = createServer(serverOptions, (request, response) => void respond(request, response));
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  return {
    port: (server.address() as AddressInfo).port,
    ca,
    told,
    verify,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
