// The team's own API in a separate process. It accepts one project in production and responds with the caller's identity.
import { createServer } from 'node:https';
import { withVercelToken } from '@credex/verify/node';

const { certificate, jwksUri, audience, team, projectId } = JSON.parse(process.env.OWN_API);

const listener = (request, response) => {
  const { project, environment, exp } = request.vercelToken;
  response.setHeader('content-type', 'application/json');
  response.end(
    JSON.stringify({
      became: `${project} in ${environment}, by its verified claims`,
      ends: new Date(exp * 1_000).toISOString(),
    }),
  );
};

const guarded = withVercelToken(listener, {
  team,
  audience,
  allow: [{ projectId, environment: 'production' }],
  jwksUri,
  // The caller receives only the status 403; the reason goes to the log of the API.
  onRefused: ({ code, presented }) => process.send({ log: `${code}, environment ${presented?.environment}` }),
});

const server = createServer(certificate, (request, response) => void guarded(request, response));
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
