import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { askClouds } from './ask-clouds.mjs';

const app = new Hono().get('/clouds', async (c) => c.json(await askClouds()));
serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) =>
  console.log(`listening on ${port}`),
);
