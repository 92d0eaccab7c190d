import { vercelToken } from '@credex/verify/hono';
import type { VercelTokenVariables } from '@credex/verify/hono';
import { Hono } from 'hono';

const app = new Hono<{ Variables: VercelTokenVariables }>();

app.get('/health', (context) => context.text('ok'));

// Only the production deployment of one project gets past this line.
app.use(
  '/orders/*',
  vercelToken({
    team: 'acme',
    audience: 'https://orders.acme.example',
    allow: [{ projectId: 'prj_shop', environment: 'production' }],
  }),
);

app.get('/orders', (context) => {
  const { project, environment } = context.get('vercelToken');
  return context.json({ caller: `${project}, ${environment}`, orders: [{ id: 1, item: 'pears' }] });
});

export default app;
