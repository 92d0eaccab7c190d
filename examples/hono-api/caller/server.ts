import { serve } from '@hono/node-server';
import app from './app.js';

const port = Number(process.env.CALLER_PORT ?? 3000);
serve({ fetch: app.fetch, port }, () => console.log(`The caller listens on http://localhost:${port}`));
