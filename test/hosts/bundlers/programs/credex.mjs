// Credentials that a configuration names.
import { createCredentials } from 'credex';
import { FederationError } from '@credex/core';
import { requestTokenSource } from '@credex/vercel';

const { roleArn, region, endpoint } = JSON.parse(process.env.HOSTS_OPTIONS).aws;
const config = { default: 'store', credentials: { store: { provider: 'aws', roleArn, region } } };

async function ask(token) {
  const tokenSource = requestTokenSource({ headers: new Headers({ 'x-vercel-oidc-token': token }) });
  try {
    const { accessKeyId } = await createCredentials(config, {
      tokenSource,
      aws: { endpoint },
    }).getCredentials();
    return { obtained: accessKeyId.length > 0 };
  } catch (error) {
    return {
      isFederationError: FederationError.isInstance(error),
      code: error?.code,
      message: String(error),
    };
  }
}

async function main() {
  const { production, preview } = JSON.parse(process.env.HOSTS_TOKENS);
  console.log(JSON.stringify({ production: await ask(production), preview: await ask(preview) }));
  process.exit(0);
}

void main();
