// A server by configuration: asks each entry with both tokens, and prints the answers as one line.
import { getAwsCredentials } from '@credex/aws';
import { createCredentials } from 'credex';

const options = JSON.parse(process.env.HOSTS_OPTIONS);
const tokens = JSON.parse(process.env.HOSTS_TOKENS);
const config = {
  credentials: Object.fromEntries(
    Object.entries(options).map(([provider, entry]) => [provider, { provider, ...entry }]),
  ),
};

async function ask(token) {
  const credentials = createCredentials(config, { tokenSource: () => token });
  const answers = {};
  for (const name of Object.keys(options)) {
    answers[name] = await credentials.getCredentials(name).then(
      ({ expiresAt }) => ({ obtained: expiresAt > Date.now() }),
      (error) => ({
        isFederationError: error.name === 'FederationError',
        code: error.code,
        message: error.message,
      }),
    );
  }
  return answers;
}

if (typeof getAwsCredentials !== 'function') throw new TypeError('@credex/aws was not loaded.');
console.log(JSON.stringify({ production: await ask(tokens.production), preview: await ask(tokens.preview) }));
process.exit(0);
