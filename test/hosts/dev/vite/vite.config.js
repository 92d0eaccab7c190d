import { getAwsCredentials } from '@credex/aws';
import { defineConfig } from 'vite';

/** A middleware of the configuration, and an entry that Vite transforms for the server. */
const server = {
  name: 'server',
  configureServer(vite) {
    const answer = (load) => async (request, response, next) => {
      try {
        response.end(JSON.stringify(await load()));
      } catch (error) {
        next(error);
      }
    };
    vite.middlewares.use(
      '/account',
      answer(async () => (await getAwsCredentials()).accountId),
    );
    vite.middlewares.use(
      '/files',
      answer(async () => (await vite.ssrLoadModule('/src/files.ts')).files()),
    );
  },
};

export default defineConfig({ appType: 'custom', plugins: [server] });
