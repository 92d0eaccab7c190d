// What a user writes in TypeScript, in a package of either kind: asks the clouds with both tokens and prints one line.
import { getAwsCredentials } from '@credex/aws';
import { getAzureCredentials } from '@credex/azure';
import { FederationError } from '@credex/core';
import { getGcpCredentials } from '@credex/gcp';
import { requestTokenSource } from '@credex/vercel';

interface Outcome {
  readonly obtained?: boolean;
  readonly isFederationError?: boolean;
  readonly code?: string;
  readonly message?: string;
}

const options = JSON.parse(process.env['HOSTS_OPTIONS'] ?? '{}');
const tokens: Record<'production' | 'preview', string> = JSON.parse(process.env['HOSTS_TOKENS'] ?? '{}');

async function outcome(call: Promise<{ readonly expiresAt: number }>): Promise<Outcome> {
  try {
    return { obtained: (await call).expiresAt > Date.now() };
  } catch (error) {
    if (FederationError.isInstance(error)) return { isFederationError: true, code: error.code };
    return { isFederationError: false, message: String(error) };
  }
}

async function ask(token: string): Promise<Record<string, Outcome>> {
  const headers = new Headers({ 'x-vercel-oidc-token': token });
  const tokenSource = requestTokenSource({ headers });
  return {
    aws: await outcome(getAwsCredentials({ ...options.aws, tokenSource })),
    gcp: await outcome(getGcpCredentials({ ...options.gcp, tokenSource })),
    azure: await outcome(getAzureCredentials({ ...options.azure, tokenSource })),
  };
}

async function main(): Promise<void> {
  const answers = { production: await ask(tokens.production), preview: await ask(tokens.preview) };
  console.log(JSON.stringify(answers));
}

void main();
