/** Whose passwords a gate accepts: judged by the clouds of the emulator, as strictly as the real ones judge them. */

import { OptionError } from '@credex/core';
import type { DatabaseTokenVerdict, Emulator } from '../emulator.js';
import type { EmulatorClock } from '../emulator/service.js';

/** Why the password is refused; undefined if it is accepted. */
export type GateCheck = (user: string, password: string) => Promise<string | undefined>;

/** Amazon RDS and Aurora, or Aurora DSQL: a signed password. */
export interface AwsDatabaseLogin {
  readonly cloud: 'aws';
  readonly region: string;
  /** Default: `rds`. */
  readonly service?: 'rds' | 'dsql' | undefined;
  /** The name that the password must be signed for. Default: `127.0.0.1` or `localhost`. */
  readonly hostname?: string | undefined;
  /** The port that the password must be signed for, for RDS. Default: that of the gate. */
  readonly port?: number | undefined;
  /**
   * What the role's policies must allow: `arn:aws:rds-db:REGION:ACCOUNT:dbuser:RESOURCE`, to which `/USER` is added, or the ARN of a
   * DSQL cluster. Default: policies are not asked.
   */
  readonly resource?: string | undefined;
}

/** Cloud SQL: the access token of a service account, whose name the user is. */
export interface GcpDatabaseLogin {
  readonly cloud: 'gcp';
  /** Default: `cloud-sql`. */
  readonly service?: 'cloud-sql' | 'alloydb' | undefined;
}

/** Azure Database: an access token of Entra. */
export interface AzureDatabaseLogin {
  readonly cloud: 'azure';
  readonly tenantId: string;
  /** The client id of the application for each database user. */
  readonly users: Readonly<Record<string, string>>;
}

export type DatabaseGateLogin = AwsDatabaseLogin | GcpDatabaseLogin | AzureDatabaseLogin;

/** ElastiCache or MemoryDB: a signed password. */
export interface AwsCacheLogin {
  readonly cloud: 'aws';
  readonly region: string;
  /** The name of the cache, the replication group or the cluster. */
  readonly cacheName: string;
  /** Default: `elasticache`. */
  readonly service?: 'elasticache' | 'memorydb' | undefined;
  /** A serverless cache. Default: false. */
  readonly serverless?: boolean | undefined;
}

/** Azure Managed Redis: an access token of Entra; the user is the object id of its principal. */
export interface AzureCacheLogin {
  readonly cloud: 'azure';
  readonly tenantId: string;
}

export type CacheGateLogin = AwsCacheLogin | AzureCacheLogin;

type AnyEmulator = Emulator<EmulatorClock>;

/** @throws OptionError for a cloud that the gate does not know */
export function postgresCheck(emulator: AnyEmulator, login: DatabaseGateLogin, port: number): GateCheck {
  return databaseCheck(emulator, login, port, (email) => email.replace(/\.gserviceaccount\.com$/, ''));
}

/** @throws OptionError for a cloud that the gate does not know */
export function mysqlCheck(emulator: AnyEmulator, login: DatabaseGateLogin, port: number): GateCheck {
  return databaseCheck(emulator, login, port, (email) => email.slice(0, email.indexOf('@')));
}

/** @throws OptionError for a cloud that the gate does not know */
export function redisCheck(emulator: AnyEmulator, login: CacheGateLogin): GateCheck {
  if (login?.cloud === 'azure')
    return async (user, password) => {
      const claims = await entraClaims(emulator, login.tenantId, 'https://redis.azure.com', password);
      if (typeof claims === 'string') return claims;
      return user === claims['oid'] ? undefined : 'the user is not the object id of the principal';
    };
  if (login?.cloud !== 'aws') throw unknownCloud('aws, azure');
  const { region, cacheName, service = 'elasticache', serverless = false } = login;
  const host = cacheName.toLowerCase();
  return async (user, password) =>
    faultOf(await emulator.aws.verifyDatabaseToken(password, { service, region, host, user, serverless }));
}

function databaseCheck(
  emulator: AnyEmulator,
  login: DatabaseGateLogin,
  gatePort: number,
  gcpUser: (email: string) => string,
): GateCheck {
  if (login?.cloud === 'aws') return awsDatabaseCheck(emulator, login, gatePort);
  if (login?.cloud === 'gcp')
    return async (user, password) => {
      const token = emulator.gcp.accessToken(password);
      if (token === undefined) return 'no access token of Google, or an expired one';
      const scope = login.service === 'alloydb' ? 'alloydb.login' : 'sqlservice.login';
      const scopes = [scope, 'cloud-platform'].map((name) => `https://www.googleapis.com/auth/${name}`);
      if (!token.scopes.some((one) => scopes.includes(one))) return `the token has not the scope ${scope}`;
      if (token.serviceAccount === undefined) return 'the token is not that of a service account';
      return user === gcpUser(token.serviceAccount) ? undefined : 'the token is that of another user';
    };
  if (login?.cloud !== 'azure') throw unknownCloud('aws, gcp, azure');
  return async (user, password) => {
    const resource = 'https://ossrdbms-aad.database.windows.net';
    const claims = await entraClaims(emulator, login.tenantId, resource, password);
    if (typeof claims === 'string') return claims;
    const clientId = Object.hasOwn(login.users, user) ? login.users[user] : undefined;
    return clientId !== undefined && clientId === claims['appid']
      ? undefined
      : 'the token is that of another user';
  };
}

function awsDatabaseCheck(emulator: AnyEmulator, login: AwsDatabaseLogin, gatePort: number): GateCheck {
  const { region, service = 'rds', hostname, port = gatePort, resource } = login;
  const names = hostname === undefined ? ['127.0.0.1', 'localhost'] : [hostname];
  const isDsql = service === 'dsql';
  return async (user, password) => {
    // The name that the client connected to is one of these.
    const name =
      names.find((one) => password.startsWith(`${one}${isDsql ? '/' : ':'}`)) ?? (names[0] as string);
    const host = isDsql ? name : `${name}:${port}`;
    return faultOf(
      await emulator.aws.verifyDatabaseToken(password, {
        service: isDsql ? 'dsql' : 'rds-db',
        region,
        host,
        user,
        ...(resource === undefined ? {} : { resource: isDsql ? resource : `${resource}/${user}` }),
      }),
    );
  };
}

const faultOf = (verdict: DatabaseTokenVerdict): string | undefined =>
  verdict.ok ? undefined : `${verdict.fault}: ${verdict.message}`;

async function entraClaims(
  emulator: AnyEmulator,
  tenantId: string,
  resource: string,
  token: string,
): Promise<Readonly<Record<string, unknown>> | string> {
  const claims = await emulator.azure.verifyAccessToken(token);
  if (claims === undefined) return 'no access token of Entra, or an expired one';
  if (claims['tid'] !== tenantId) return 'the token is of another tenant';
  return String(claims['aud']).replace(/\/$/, '') === resource ? claims : `the token is not for ${resource}`;
}

const unknownCloud = (known: string): OptionError =>
  new OptionError('invalid_option', 'login.cloud', undefined, `\`login.cloud\` must be one of ${known}.`);
