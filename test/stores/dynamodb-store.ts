/**
 * DynamoDB as a store: a table with the partition key `name`, and `deleteAfter` as its time-to-live attribute, which is in
 * seconds. DynamoDB deletes up to days later, so `endsAt` says when an item has ended.
 */

import type { CredentialStore } from '@credex/store';

type Item = Readonly<Record<string, { readonly S?: string; readonly N?: string }>>;

/** The client and three commands of `@aws-sdk/client-dynamodb`. */
export interface DynamoDb {
  readonly client: { send(command: never): Promise<unknown> };
  readonly GetItemCommand: new (input: never) => object;
  readonly PutItemCommand: new (input: never) => object;
  readonly DeleteItemCommand: new (input: never) => object;
}

export function dynamoDbStore(
  { client, GetItemCommand, PutItemCommand, DeleteItemCommand }: DynamoDb,
  TableName: string,
  now: () => number = () => Date.now(),
): CredentialStore {
  const key = (name: string): Item => ({ name: { S: name } });
  const send = async (command: object): Promise<unknown> => client.send(command as never);
  /** False if the condition does not hold. */
  const changes = async (command: object): Promise<boolean> => {
    try {
      await send(command);
      return true;
    } catch (error) {
      if ((error as Error).name === 'ConditionalCheckFailedException') return false;
      throw error;
    }
  };
  const put = (name: string, record: string, ttlMs: number, condition: object = {}): object => {
    const endsAt = Math.floor(now() + ttlMs);
    const item = {
      ...key(name),
      record: { S: record },
      endsAt: { N: String(endsAt) },
      deleteAfter: { N: String(Math.ceil(endsAt / 1_000)) },
    };
    return new PutItemCommand({ TableName, Item: item, ...condition } as never);
  };
  const ifRecordIs = (record: string): object => ({
    ConditionExpression: '#record = :record',
    ExpressionAttributeNames: { '#record': 'record' },
    ExpressionAttributeValues: { ':record': { S: record } },
  });
  const remove = (name: string, condition: object): object =>
    new DeleteItemCommand({ TableName, Key: key(name), ...condition } as never);
  return {
    async get(name) {
      const command = new GetItemCommand({ TableName, Key: key(name), ConsistentRead: true } as never);
      const { Item: item } = (await send(command)) as { readonly Item?: Item };
      const ttlMs = Number(item?.['endsAt']?.N) - now();
      return ttlMs > 0 ? { record: item?.['record']?.S as string, ttlMs } : undefined;
    },
    async set(name, record, ttlMs) {
      await send(put(name, record, ttlMs));
    },
    async delete(name, ifRecord) {
      await changes(remove(name, ifRecord === undefined ? {} : ifRecordIs(ifRecord)));
    },
    lock: (name, token, ttlMs) =>
      changes(
        put(name, token, ttlMs, {
          ConditionExpression: 'attribute_not_exists(endsAt) OR endsAt <= :now',
          ExpressionAttributeValues: { ':now': { N: String(now()) } },
        }),
      ),
    takeOver: (name, seen, token, ttlMs) => changes(put(name, token, ttlMs, ifRecordIs(seen))),
    async unlock(name, token) {
      await changes(remove(name, ifRecordIs(token)));
    },
  };
}
