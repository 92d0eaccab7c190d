import { createAuthenticatedFetch } from '@credex/vercel';
import { Hono } from 'hono';

const onVercel = process.env.VERCEL === '1';
const api = onVercel
  ? 'https://orders.acme.example'
  : `http://localhost:${process.env.API_PORT ?? process.env.PORT ?? 8787}`;

/** A `fetch` that sends a token of this audience with each request, and to no other origin. */
const orders = createAuthenticatedFetch({
  origins: api,
  audience: 'https://orders.acme.example',
  allowLoopbackHttp: !onVercel,
});

const app = new Hono();

app.get('/', async () => {
  const response = await orders(`${api}/orders`);
  return new Response(response.body, {
    status: response.status,
    headers: { 'content-type': 'application/json' },
  });
});

export default app;
