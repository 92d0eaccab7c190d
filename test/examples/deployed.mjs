// A deployed function, in a separate process: answers one request with GET() of the module that is named, and uses
// the client that the module exports. Prints what came of it as JSON.
import { AsyncLocalStorage } from 'node:async_hooks';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';

const requests = new AsyncLocalStorage();
globalThis[Symbol.for('@vercel/request-context')] = { get: () => requests.getStore() };

const [file] = process.argv.slice(2);
const token = (await text(process.stdin)).trim();
const module = await import(pathToFileURL(resolve(file)).href);

const ORDER = 'an order of 3 pears';
const uses = {
  async s3(client) {
    const { GetObjectCommand, PutObjectCommand } = await import('@aws-sdk/client-s3');
    const object = { Bucket: 'shop-orders', Key: 'orders/1.txt' };
    await client.send(new PutObjectCommand({ ...object, Body: ORDER }));
    return (await client.send(new GetObjectCommand(object))).Body.transformToString();
  },
  async storage(client) {
    const order = client.bucket('shop-orders').file('orders/1.txt');
    await order.save(ORDER, { resumable: false });
    return String((await order.download())[0]);
  },
  async blobs(client) {
    const order = client.getContainerClient('orders').getBlockBlobClient('orders/1.txt');
    await order.upload(ORDER, ORDER.length);
    return String(await order.downloadToBuffer());
  },
};

const answer = await requests.run({ headers: { 'x-vercel-oidc-token': token } }, async () => {
  const [name, use] = Object.entries(uses).find(([one]) => one in module);
  return { body: await (await module.GET()).json(), client: name, read: await use(module[name]) };
});
console.log(JSON.stringify(answer));
