import { fastify } from 'fastify';
import { askClouds } from './ask-clouds.mjs';

const app = fastify();
app.get('/clouds', () => askClouds());
await app.listen({ port: 0, host: '127.0.0.1' });
console.log(`listening on ${app.server.address().port}`);
