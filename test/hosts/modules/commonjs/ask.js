// What a user writes in CommonJS.
const { getAwsCredentials } = require('@credex/aws');
const { getAzureCredentials } = require('@credex/azure');
const { FederationError } = require('@credex/core');
const { getGcpCredentials } = require('@credex/gcp');
const { requestTokenSource } = require('@credex/vercel');

const options = JSON.parse(process.env.HOSTS_OPTIONS);
const tokens = JSON.parse(process.env.HOSTS_TOKENS);

async function outcome(call) {
  try {
    return { obtained: (await call).expiresAt > Date.now() };
  } catch (error) {
    if (FederationError.isInstance(error))
      return { isFederationError: true, code: error.code, hint: error.hint };
    return { isFederationError: false, message: String(error) };
  }
}

async function ask(token) {
  const headers = new Headers({ 'x-vercel-oidc-token': token });
  const tokenSource = requestTokenSource({ headers });
  return {
    aws: await outcome(getAwsCredentials({ ...options.aws, tokenSource })),
    gcp: await outcome(getGcpCredentials({ ...options.gcp, tokenSource })),
    azure: await outcome(getAzureCredentials({ ...options.azure, tokenSource })),
  };
}

/** The cause of a failure that Node itself reports: a test runner's globals are of another realm than Node's errors. */
async function unreachable() {
  const headers = new Headers({ 'x-vercel-oidc-token': tokens.production });
  const endpoint = 'https://127.0.0.1:1';
  const call = getAwsCredentials({ ...options.aws, endpoint, tokenSource: requestTokenSource({ headers }) });
  const error = await call.catch((thrown) => thrown);
  return { code: error.code, cause: error.cause?.code };
}

exports.answers = async () => ({
  production: await ask(tokens.production),
  preview: await ask(tokens.preview),
  unreachable: await unreachable(),
});
