import { serve } from '@hono/node-server';
import app from './app.js';

// Hosts set PORT.
const port = Number(process.env.API_PORT ?? process.env.PORT ?? 8787);
serve({ fetch: app.fetch, port }, () => console.log(`The API listens on http://localhost:${port}`));
