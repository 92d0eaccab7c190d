/** node-redis and ioredis, for ElastiCache, MemoryDB, Memorystore and Azure. */

export type { PasswordCallback } from './password.js';
export type { IoredisClientOptions, IoredisOptions } from './redis/ioredis.js';
export { ioredisOptions } from './redis/ioredis.js';
export type { NodeRedisClientOptions, NodeRedisOptions, RedisCredentials } from './redis/node-redis.js';
export { nodeRedisOptions } from './redis/node-redis.js';
