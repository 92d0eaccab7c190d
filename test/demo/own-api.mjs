// An API of the team's own, in its own process: it lets in one project in production, by the token alone, and tells
// the caller who it is.
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
  // The caller hears 403 and no more; why is for the API's own log.
  onRefused: ({ code, presented }) => process.send({ log: `${code}, environment ${presented?.environment}` }),
});

const server = createServer(certificate, (request, response) => void guarded(request, response));
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
