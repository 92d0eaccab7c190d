/**
 * Gates for databases that run on this machine: TLS listeners on loopback that log clients in as the clouds do, with passwords
 * signed or tokens issued by the emulator, and hand the connection to the real PostgreSQL, MariaDB or Redis.
 */

export type {
  AwsCacheLogin,
  AwsDatabaseLogin,
  AzureCacheLogin,
  AzureDatabaseLogin,
  CacheGateLogin,
  DatabaseGateLogin,
  GcpDatabaseLogin,
} from './gates/checks.js';
export type { Gate, GateLogin, GateOptions, GateServer } from './gates/listener.js';
export { startMysqlGate } from './gates/mysql.js';
export { startPostgresGate } from './gates/postgres.js';
export { startRedisGate } from './gates/redis.js';
