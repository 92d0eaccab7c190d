/** A MongoDB server on loopback that logs clients in by MONGODB-OIDC: one step, with the token. */

import type { Bson, MongoServer } from '../support/mongo-server.js';
import { startMongoServer } from '../support/mongo-server.js';

/** @param verify Throws unless the token is a good one. */
export function startMongo(bson: Bson, verify: (jwt: string) => Promise<void>): Promise<MongoServer> {
  return startMongoServer({
    bson,
    mechanism: 'MONGODB-OIDC',
    conversation:
      () =>
      async (_step, { jwt }) => {
        await verify(String(jwt));
        return { done: true };
      },
  });
}
