/**
 * Passwords that are signed for databases and brokers, judged as their services judge them: RDS, Aurora DSQL, ElastiCache,
 * MemoryDB, MSK.
 */

import { knownKeys } from '@credex/explain/internal';
import type { ServiceRequest } from '../service.js';
import type { Caller, SessionStore } from './sessions.js';
import { callerArn, callerDecisions, callerKeys } from './sessions.js';
import { parseAmzDate, signatureHolds } from './sigv4.js';
import type { DatabaseTokenFault, SignatureParameter } from './database-token-parameters.js';
import {
  assertNames,
  decodedToken,
  parametersOf,
  refuse,
  TokenRefusal,
} from './database-token-parameters.js';

export type { DatabaseTokenFault } from './database-token-parameters.js';

/** What a server knows of itself and of the login. */
export interface DatabaseLogin {
  readonly service: DatabaseService;
  /** RDS: the endpoint with its port. DSQL: the endpoint. ElastiCache, MemoryDB: the cache's name. MSK: left out. */
  readonly host?: string | undefined;
  readonly region: string;
  /** The user of the login. DSQL: `admin` needs another action than all others. MSK: left out. */
  readonly user?: string | undefined;
  /** ElastiCache: a serverless cache. Default: false. */
  readonly serverless?: boolean | undefined;
  /**
   * The ARN that the caller's policies must allow to connect to, such as
   * `arn:aws:rds-db:eu-west-1:123456789012:dbuser:cluster-ABC/shop`. Default: policies are not asked.
   */
  readonly resource?: string | undefined;
}

export type DatabaseService = 'rds-db' | 'dsql' | 'elasticache' | 'memorydb' | 'kafka-cluster';

export type DatabaseTokenVerdict =
  | {
      readonly ok: true;
      /** Who signed: the ARN of a role's session, or of a user. */
      readonly caller: string;
      readonly accessKeyId: string;
      /** Epoch milliseconds: when the password ends. */
      readonly expiresAt: number;
    }
  | { readonly ok: false; readonly fault: DatabaseTokenFault; readonly message: string };

/** The keys of a signer, as a server finds them. */
export interface SignerLookup {
  readonly secretAccessKey: string;
  readonly caller: string;
  /** Whether the signer's policies allow the action on the resource. */
  allows(action: string, resource: string): boolean;
}

/** Finds a signer by key id and session token. */
export type FindSigner = (
  accessKeyId: string,
  sessionToken: string | undefined,
) => SignerLookup | 'invalid' | 'expired';

/** The longest lifetime that is accepted, in seconds. */
const LONGEST_SECONDS = 900;
/** How far the signer's clock may be ahead. */
const SKEW_MS = 5 * 60_000;

/**
 * Judges a password. It must be exactly what a signer makes for this login: nothing else, nothing twice, not encoded in
 * another way, not older than it says.
 *
 * @param now epoch milliseconds
 */
export async function verifyDatabaseToken(
  token: string,
  login: DatabaseLogin,
  find: FindSigner,
  now: number,
): Promise<DatabaseTokenVerdict> {
  try {
    return await judged(token, login, find, now);
  } catch (error) {
    if (!(error instanceof TokenRefusal)) throw error;
    return { ok: false, fault: error.fault, message: error.message };
  }
}

async function judged(
  token: string,
  login: DatabaseLogin,
  find: FindSigner,
  now: number,
): Promise<DatabaseTokenVerdict> {
  const isKafka = login.service === 'kafka-cluster';
  const text = isKafka ? decodedToken(token) : token;
  const [, host = '', rawQuery = ''] =
    /^([^/?#\s]+)\/\?([^#\s]*)$/.exec(text) ?? refuse('malformed', 'The password is not `host/?query`.');
  const wantedHost = isKafka ? `kafka.${login.region}.amazonaws.com` : login.host;
  if (host !== wantedHost) refuse('wrong_host', `It is signed for the host ${host}, not ${wantedHost}.`);

  const parameters = parametersOf(rawQuery);
  const own = ownParameters(login);
  assertNames(parameters, [...own.keys(), ...(isKafka ? ['User-Agent'] : [])]);
  for (const [name, value] of own) {
    const fault = name === 'Action' ? 'wrong_action' : name === 'ResourceType' ? 'malformed' : 'wrong_user';
    if (parameters.get(name) !== value) refuse(fault, `${name} is not ${value}.`);
  }
  const claim = claimOf(parameters, login);
  checkTime(claim, now);

  const sessionToken = parameters.get('X-Amz-Security-Token');
  if (claim.accessKeyId.startsWith('ASIA') && sessionToken === undefined)
    refuse('no_session_token', 'Temporary credentials are valid only with their session token.');
  const found = find(claim.accessKeyId, sessionToken);
  if (found === 'invalid')
    return refuse('unknown_credentials', 'Key id and session token are not of one session.');
  if (found === 'expired') return refuse('expired_credentials', 'The session that signed has ended.');

  // What a broker logs is appended after the signature.
  parameters.delete('User-Agent');
  const request = requestOf(host, parameters);
  const signing = { time: claim.time, payloadHash: EMPTY_BODY, escapePath: true };
  if (!(await signatureHolds(request, claim, found.secretAccessKey, signing)))
    refuse('bad_signature', 'The signature is not that of these parameters.');
  const action = actionOf(login);
  if (login.resource !== undefined && !found.allows(action, login.resource))
    refuse(
      'not_authorized',
      `${found.caller} is not authorized to perform: ${action} on resource: ${login.resource}`,
    );
  return {
    ok: true,
    caller: found.caller,
    accessKeyId: claim.accessKeyId,
    expiresAt: claim.time + claim.expiresSeconds * 1000,
  };
}

const EMPTY_BODY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/** The action as it stands in the password. */
function signedAction({ service, user }: DatabaseLogin): string {
  if (service === 'dsql') return user === 'admin' ? 'DbConnectAdmin' : 'DbConnect';
  return service === 'kafka-cluster' ? 'kafka-cluster:Connect' : 'connect';
}

/** The action as policies name it. */
function actionOf(login: DatabaseLogin): string {
  const action = signedAction(login);
  if (action.includes(':')) return action;
  return `${login.service}:${login.service === 'elasticache' ? 'Connect' : action}`;
}

function ownParameters(login: DatabaseLogin): ReadonlyMap<string, string> {
  const { service, user = '', serverless = false } = login;
  const parameters = new Map([['Action', signedAction(login)]]);
  if (service === 'rds-db') parameters.set('DBUser', user);
  if (service === 'elasticache' || service === 'memorydb') parameters.set('User', user);
  if (service === 'elasticache' && serverless) parameters.set('ResourceType', 'ServerlessCache');
  return parameters;
}

interface TokenClaim {
  readonly accessKeyId: string;
  readonly date: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  readonly time: number;
  readonly expiresSeconds: number;
}

function claimOf(parameters: ReadonlyMap<string, string>, login: DatabaseLogin): TokenClaim {
  const read = (name: SignatureParameter): string => parameters.get(name) ?? '';
  const scope = read('X-Amz-Credential').split('/');
  const [accessKeyId = '', date = '', region = '', service = '', end] = scope;
  if (scope.length !== 5 || end !== 'aws4_request' || !/^[A-Z0-9]{16,128}$/.test(accessKeyId))
    refuse('malformed', 'X-Amz-Credential is not a key id with a scope.');
  if (region !== login.region) refuse('wrong_region', `It is signed for ${region}, not ${login.region}.`);
  if (service !== login.service)
    refuse('wrong_service', `It is signed for ${service}, not ${login.service}.`);
  const time = parseAmzDate(read('X-Amz-Date'));
  if (time === undefined || read('X-Amz-Date').slice(0, 8) !== date)
    return refuse('malformed', 'X-Amz-Date is not a time of the day in X-Amz-Credential.');
  const expires = read('X-Amz-Expires');
  const expiresSeconds = Number(expires);
  if (!/^[1-9]\d{0,2}$/.test(expires) || expiresSeconds > LONGEST_SECONDS)
    refuse('malformed', `X-Amz-Expires is not a whole number from 1 to ${LONGEST_SECONDS}.`);
  if (read('X-Amz-Algorithm') !== 'AWS4-HMAC-SHA256')
    refuse('malformed', 'X-Amz-Algorithm is not AWS4-HMAC-SHA256.');
  if (read('X-Amz-SignedHeaders') !== 'host') refuse('malformed', 'X-Amz-SignedHeaders is not host.');
  const signature = read('X-Amz-Signature');
  if (!/^[0-9a-f]{64}$/.test(signature)) refuse('malformed', 'X-Amz-Signature is not a signature.');
  return { accessKeyId, date, region, service, signedHeaders: ['host'], signature, time, expiresSeconds };
}

function checkTime({ time, expiresSeconds }: TokenClaim, now: number): void {
  if (now >= time + expiresSeconds * 1000)
    refuse('expired', `It was valid for ${expiresSeconds} s from ${new Date(time).toISOString()}.`);
  if (time - now > SKEW_MS) refuse('not_yet_valid', `It is valid from ${new Date(time).toISOString()}.`);
}

const requestOf = (host: string, parameters: ReadonlyMap<string, string>): ServiceRequest => {
  const query = new URLSearchParams([...parameters]);
  return {
    method: 'GET',
    path: '/',
    rawQuery: query.toString(),
    query,
    headers: {},
    host,
    secure: true,
    body: new Uint8Array(),
  };
};

/** The signers that the emulator knows: sessions of roles, and users. */
export function signersOf(sessions: SessionStore): FindSigner {
  return (accessKeyId, sessionToken) => {
    const found = sessions.find(accessKeyId, sessionToken);
    if (typeof found === 'string') return found;
    const { caller, secretAccessKey } = found;
    return {
      secretAccessKey,
      caller: callerArn(caller),
      allows: (action, resource) => isAllowed(caller, action, resource),
    };
  };
}

function isAllowed(caller: Caller, action: string, resource: string): boolean {
  const request = { action, resource, keys: knownKeys(callerKeys(caller)) };
  const { identity, session } = callerDecisions(caller, request);
  return identity.effect === 'allow' && (session === undefined || session.effect === 'allow');
}
